/**
 * `bun scripts/long-silence.ts [seconds]`: 70 seconds of silence from the upstream, in full length, through nginx and Caddy
 * with our samples; nginx waits 60 unless told otherwise. The everyday tests do the same in short. The last line counts.
 */

import { hasCaddy, startCaddy } from "../test/deploy/caddy.ts";
import { startNginx } from "../test/deploy/nginx.ts";
import { startApp } from "../test/helpers/app.ts";

const seconds = Number(process.argv[2] ?? 70);
const count = { passed: 0, failed: 0 };
const app = await startApp({
  env: { TRUSTED_PROXIES: "loopback", STREAM_TIMEOUT: `${seconds}`, REQUEST_TIMEOUT: `${seconds}` },
});
const { port } = new URL(app.url);
const proxies = { nginx: await startNginx("zgate.conf", port), ...(hasCaddy && { Caddy: await startCaddy(port) }) };

const asked = Object.entries(proxies).flatMap(([name, { url }]) => [ask(name, url, true), ask(name, url, false)]);
await Promise.all(asked);
for (const proxy of Object.values(proxies)) await proxy.stop();
await app.stop();
console.log(`${count.passed} passed, ${count.failed} failed`);
process.exit(count.failed === 0 ? 0 : 1);

async function ask(name: string, url: string, stream: boolean): Promise<void> {
  const startedAt = performance.now();
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: "POST",
    headers: { Authorization: `Bearer ${app.key}`, "Content-Type": "application/json" },
    body: JSON.stringify({
      model: "glm-4.7",
      stream,
      messages: [{ role: "user", content: "[[scenario:stall:1]]" }],
    }),
    timeout: false,
  } as RequestInit);
  const text = await response.text();
  const took = Math.round((performance.now() - startedAt) / 1000);
  // zgate's own limit ends it, in words; a proxy's page would be HTML.
  const isOurs = text.includes("upstream_timeout") && took >= seconds - 1;
  count[isOurs ? "passed" : "failed"]++;
  const what = `${name}, ${stream ? "a stream" : "a whole answer"}`;
  console.log(`${isOurs ? "ok   " : "FAIL "} ${what}: ${took} s of silence, then ${text.slice(-200).trim()}`);
}
