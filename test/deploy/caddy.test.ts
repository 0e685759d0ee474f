import { expect, setDefaultTimeout, test } from "bun:test";
import { type App, startApp } from "../helpers/app.ts";
import { hasCaddy, startCaddy } from "./caddy.ts";

// Debian's Caddy: https://packages.debian.org/caddy
const withCaddy = test.skipIf(!hasCaddy);
setDefaultTimeout(60_000);

const version = () => Bun.spawnSync(["caddy", "version"]).stdout.toString().replace(/^v/, "");

function ask(home: string, app: App, content: string): Promise<Response> {
  return fetch(`${home}/v1/chat/completions`, {
    method: "POST",
    headers: { Authorization: `Bearer ${app.key}`, "Content-Type": "application/json" },
    body: JSON.stringify({ model: "glm-4.7", stream: true, messages: [{ role: "user", content }] }),
  });
}

withCaddy("through Caddy a stream comes as it is spoken, 20 MB go in, and a silence is held open", async () => {
  const app = await startApp({
    env: { TRUSTED_PROXIES: "loopback", SSE_HEARTBEAT_SECONDS: "0.2", FIRST_FRAME_HOLD: "0.1", STREAM_TIMEOUT: "1.5" },
    simulator: { paceMs: 100 },
  });
  const caddy = await startCaddy(new URL(app.url).port);
  const chunks: string[] = [];
  const response = await ask(caddy.url, app, "[[scenario:long:10]]");
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) chunks.push(chunk);
  // Held back, they would come as one.
  expect(chunks.length).toBeGreaterThan(5);
  expect(chunks.join("")).toEndWith("data: [DONE]\n\n");

  const large = await ask(caddy.url, app, `[[scenario:text]]${"~".repeat(20 * 1024 * 1024)}`);
  expect(large.status).toBe(200);
  await large.text();

  const silent = await (await ask(caddy.url, app, "[[scenario:stall:1]]")).text();
  expect(silent).toContain("upstream_timeout");
  expect(silent.match(/^:/gm)?.length).toBeGreaterThan(3);
  await caddy.stop();
  await app.stop();
});

withCaddy("the client's address is on record, and not the one that it claims", async () => {
  const app = await startApp({ env: { TRUSTED_PROXIES: "127.0.0.1" } });
  const caddy = await startCaddy(new URL(app.url).port);
  const claim = ["-H", "X-Forwarded-For: 203.0.113.9"];
  const curl = Bun.spawn(["curl", "-s", "--interface", "127.0.0.2", ...claim, `${caddy.url}/v1/models`], {
    stdin: "ignore",
    stdout: "pipe",
  });
  expect(await new Response(curl.stdout).text()).toContain("glm");
  const [row] = await app.settled(1);
  expect(row?.address).toBe("127.0.0.2");
  await caddy.stop();
  await app.stop();
});

withCaddy("a request that comes while zgate restarts waits, and is sent once", async () => {
  const app = await startApp({ env: { TRUSTED_PROXIES: "loopback" } });
  const { port } = new URL(app.url);
  const caddy = await startCaddy(port, (text) =>
    version().startsWith("2.6.") ? text.replace("lb_try_duration", "buffer_requests\n\t\tlb_try_duration") : text,
  );
  await app.zgate.close(0);
  const waiting = ask(caddy.url, app, "What is 7 + 5?");
  await Bun.sleep(400);
  await app.restart({ PORT: port });
  const response = await waiting;
  expect(response.status).toBe(200);
  expect(await response.text()).toEndWith("data: [DONE]\n\n");
  expect(await app.settled(1)).toHaveLength(1);
  await caddy.stop();
  await app.stop();
});

withCaddy("below a path Caddy hands on what stands below it, and leaves the rest alone", async () => {
  const app = await startApp({ env: { TRUSTED_PROXIES: "loopback", BASE_PATH: "/zgate" } });
  const belowAPath = (text: string) => {
    const [, sample = ""] = /# Below a path[^\n]*\n([\s\S]+)/.exec(text) ?? [];
    return `your-domain.com {\n${sample.replace(/^#/gm, "")}\n}\n`;
  };
  const caddy = await startCaddy(new URL(app.url).port, belowAPath);
  const response = await ask(`${caddy.url}/zgate`, app, "What is 7 + 5?");
  expect(await response.text()).toEndWith("data: [DONE]\n\n");
  expect((await (await fetch(`${caddy.url}/elsewhere`)).text()).trim()).toBe("");
  await caddy.stop();
  await app.stop();
});
