/**
 * `bun scripts/long-silence.ts [seconds]`: 70 seconds of silence from the upstream, in full length, through nginx with our sample,
 * which waits 60 unless told otherwise. The everyday test does the same with everything a fiftieth. The last line counts.
 */

import { startNginx } from "../test/deploy/nginx.ts";
import { startApp } from "../test/helpers/app.ts";

const seconds = Number(process.argv[2] ?? 70);
const count = { passed: 0, failed: 0 };
const app = await startApp({
  env: { TRUSTED_PROXIES: "loopback", STREAM_TIMEOUT: `${seconds}`, REQUEST_TIMEOUT: `${seconds}` },
});
const nginx = await startNginx("zgate.conf", new URL(app.url).port);

for (const stream of [true, false]) {
  const startedAt = performance.now();
  const response = await fetch(`${nginx.url}/v1/chat/completions`, {
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
  // zgate's own limit ends it, in words; nginx's page would be HTML.
  const isOurs = text.includes("upstream_timeout") && took >= seconds - 1;
  count[isOurs ? "passed" : "failed"]++;
  console.log(
    `${isOurs ? "ok   " : "FAIL "} ${stream ? "a stream" : "a whole answer"}: ${took} s of silence, then ${text.slice(-200).trim()}`,
  );
}
await nginx.stop();
await app.stop();
console.log(`${count.passed} passed, ${count.failed} failed`);
process.exit(count.failed === 0 ? 0 : 1);
