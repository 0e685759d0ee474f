import { expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type App, startApp } from "../helpers/app.ts";
import { has } from "../helpers/programs.ts";
import { hasNginx, type Nginx, startNginx } from "./nginx.ts";

// Debian's nginx: https://packages.debian.org/nginx-light
const withNginx = test.skipIf(!hasNginx);
setDefaultTimeout(60_000);

/** A zgate that believes the proxy, and nginx in front of it. */
async function both(env: Record<string, string> = {}): Promise<{ app: App; nginx: Nginx; stop(): Promise<void> }> {
  const app = await startApp({ env: { TRUSTED_PROXIES: "loopback", ...env }, simulator: { paceMs: 100 } });
  const nginx = await startNginx("zgate.conf", new URL(app.url).port);
  return {
    app,
    nginx,
    async stop() {
      await nginx.stop();
      await app.stop();
    },
  };
}

function ask(home: string, app: App, content: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${home}/v1/chat/completions`, {
    method: "POST",
    headers: { Authorization: `Bearer ${app.key}`, "Content-Type": "application/json", ...headers },
    body: JSON.stringify({ model: "glm-4.7", stream: true, messages: [{ role: "user", content }] }),
  });
}

withNginx("a stream comes through as it is spoken", async () => {
  const { app, nginx, stop } = await both();
  const response = await ask(nginx.url, app, "[[scenario:long:10]]");
  const chunks: string[] = [];
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) chunks.push(chunk);
  // Held back, they would come as one.
  expect(chunks.length).toBeGreaterThan(5);
  expect(chunks.join("")).toEndWith("data: [DONE]\n\n");
  await stop();
});

withNginx("20 MB go through", async () => {
  const { app, nginx, stop } = await both();
  const response = await ask(nginx.url, app, `[[scenario:text]]${"~".repeat(20 * 1024 * 1024)}`);
  expect(response.status).toBe(200);
  await response.text();
  const [row] = await app.settled(1);
  expect(row?.bytes_in).toBeGreaterThan(20 * 1024 * 1024);
  await stop();
});

withNginx("a silence is held open by comments, and outlives the proxy's patience", async () => {
  // 70 seconds against nginx's usual 60 are tried by `bun scripts/long-silence.ts`; here everything is a fiftieth.
  const { app, stop, nginx } = await both({
    SSE_HEARTBEAT_SECONDS: "0.3",
    FIRST_FRAME_HOLD: "0.1",
    STREAM_TIMEOUT: "2.5",
  });
  const impatient = await startNginx("zgate.conf", new URL(app.url).port, (text) =>
    text.replace("proxy_read_timeout 960s", "proxy_read_timeout 1200ms"),
  );
  const text = await (await ask(impatient.url, app, "[[scenario:stall:1]]")).text();
  // Our own limit ended it, in words: the proxy never did.
  expect(text).toContain("upstream_timeout");
  expect(text.match(/^:/gm)?.length).toBeGreaterThan(3);
  await impatient.stop();
  expect(nginx.url).toBeString();
  await stop();
});

test.skipIf(!hasNginx || !has("curl"))(
  "the client's address is on record, and not the one that it claims",
  async () => {
    const app = await startApp({ env: { TRUSTED_PROXIES: "127.0.0.1" } });
    const nginx = await startNginx("zgate.conf", new URL(app.url).port);
    // From another address of this machine than the proxy's own.
    const curl = Bun.spawn(
      ["curl", "-s", "--interface", "127.0.0.2", "-H", "X-Forwarded-For: 203.0.113.9", `${nginx.url}/v1/models`],
      { stdin: "ignore", stdout: "pipe" },
    );
    expect(await new Response(curl.stdout).text()).toContain("glm");
    const [row] = await app.settled(1);
    expect(row?.address).toBe("127.0.0.2");
    await nginx.stop();
    await app.stop();
  },
);

withNginx("a request that comes while zgate restarts waits, and is sent once", async () => {
  const { app, nginx, stop } = await both();
  const { port } = new URL(app.url);
  await app.zgate.close(0);
  const waiting = ask(nginx.url, app, "What is 7 + 5?");
  await Bun.sleep(400);
  await app.restart({ PORT: port });
  const response = await waiting;
  expect(response.status).toBe(200);
  expect(await response.text()).toEndWith("data: [DONE]\n\n");
  expect(await app.settled(1)).toHaveLength(1);
  await stop();
});

test.skipIf(!hasNginx || !has("openssl"))("the sample with a certificate of one's own is one that nginx takes", () => {
  const folder = mkdtempSync(join(tmpdir(), "zgate-https-"));
  const at = (name: string) => join(folder, name);
  Bun.spawnSync(
    ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=zgate", "-days", "1"].concat([
      "-keyout",
      at("key.pem"),
      "-out",
      at("cert.pem"),
    ]),
    { stderr: "ignore" },
  );
  const place = (text: string) =>
    text
      .replaceAll("/etc/nginx/ssl/", `${folder}/`)
      .replace("/etc/nginx/zgate-locations.conf", resolve("deploy/nginx/zgate-locations.conf"))
      .replace(/^ *listen \[::\].*\n/gm, "")
      .replace("listen 80;", "listen 127.0.0.1:18080;")
      .replace("listen 443 ssl;", "listen 127.0.0.1:18443 ssl;");
  writeFileSync(
    at("nginx.conf"),
    `pid ${folder}/pid; events {} http { access_log off; ${place(readFileSync("deploy/nginx/zgate-https.conf", "utf8"))} }`,
  );
  const binary = Bun.which("nginx") ?? "/usr/sbin/nginx";
  const check = Bun.spawnSync([binary, "-t", "-q", "-p", folder, "-c", at("nginx.conf"), "-e", "stderr"]);
  expect(check.stderr.toString()).not.toMatch(/emerg/);
  rmSync(folder, { recursive: true });
});

withNginx("what zgate has seen is not sent again when it breaks off", async () => {
  let seen = 0;
  const breaking = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      data(socket, bytes) {
        if (bytes.toString().includes("/v1/chat")) seen++;
        socket.terminate();
      },
    },
  });
  const nginx = await startNginx("zgate.conf", breaking.port);
  const response = await fetch(`${nginx.url}/v1/chat/completions`, { method: "POST", body: "{}" });
  expect(response.status).toBe(502);
  expect(seen).toBe(1);
  await nginx.stop();
  breaking.stop(true);
});
