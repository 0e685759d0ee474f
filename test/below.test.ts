import { expect, setDefaultTimeout, test } from "bun:test";
import { hasNginx, startNginx } from "./deploy/nginx.ts";
import { startApp } from "./helpers/app.ts";

setDefaultTimeout(60_000);

test("below a path everything is found with the path and without it", async () => {
  const app = await startApp({ env: { BASE_PATH: "/zgate" } });
  try {
    for (const base of ["", "/zgate"]) {
      expect((await fetch(`${app.url}${base}/health`)).status).toBe(200);
      const answer = await app.send(`${base}/v1/chat/completions`, {
        model: "glm-4.7",
        messages: [{ role: "user", content: "What is 7 + 5?" }],
      });
      expect(answer.status).toBe(200);
    }
    // On record it is one and the same.
    const rows = await app.settled(2);
    expect(rows.map((row) => [row.path, row.address])).toEqual([
      ["/v1/chat/completions", "127.0.0.1"],
      ["/v1/chat/completions", "127.0.0.1"],
    ]);
    expect((await fetch(`${app.url}/zgatex/health`)).status).toBe(404);
  } finally {
    await app.stop();
  }
});

test("below a path every address that a page names carries it", async () => {
  const app = await startApp({ env: { BASE_PATH: "/a/b" } });
  try {
    const headers = { Accept: "text/html", "Accept-Encoding": "gzip" };
    const page = await (await fetch(`${app.url}/a/b/`, { headers })).text();
    const addresses = [...page.matchAll(/(?:href|src|action)="(\/[^"]*)"/g)].map(([, address]) => address!);
    expect(addresses.length).toBeGreaterThan(3);
    for (const address of addresses) expect(address).toStartWith("/a/b/");
    const style = addresses.find((address) => address.endsWith(".css"))!;
    expect((await fetch(`${app.url}${style}`)).headers.get("content-type")).toContain("text/css");
    expect(page).toContain(`${app.url}/a/b/v1`);

    const door = await fetch(`${app.url}/a/b/dashboard`, { headers, redirect: "manual" });
    expect(door.headers.get("location")).toBe("/a/b/dashboard/sign-in");
    const form = new URLSearchParams({ password: app.password });
    const signIn = await fetch(`${app.url}/a/b/dashboard/sign-in`, {
      method: "POST",
      body: form,
      headers: { ...headers, Origin: app.url },
      redirect: "manual",
    });
    expect(signIn.headers.get("location")).toStartWith("/a/b/dashboard");
    const openapi = (await (await fetch(`${app.url}/a/b/openapi.json`)).json()) as { servers: { url: string }[] };
    expect(openapi.servers[0]?.url).toBe("/a/b");
  } finally {
    await app.stop();
  }
});

test.skipIf(!hasNginx)("below a path behind nginx, streams flow and pages work", async () => {
  const app = await startApp({ env: { BASE_PATH: "/zgate", TRUSTED_PROXIES: "loopback" } });
  const nginx = await startNginx("zgate-below-a-path.conf", new URL(app.url).port);
  try {
    const body = { model: "glm-4.7", stream: true, messages: [{ role: "user", content: "What is 7 + 5?" }] };
    const stream = await fetch(`${nginx.url}/zgate/v1/chat/completions`, {
      method: "POST",
      headers: { Authorization: `Bearer ${app.key}` },
      body: JSON.stringify(body),
    });
    expect(await stream.text()).toEndWith("data: [DONE]\n\n");
    const page = await (await fetch(`${nginx.url}/zgate/`, { headers: { Accept: "text/html" } })).text();
    const style = /href="(\/[^"]+\.css)"/.exec(page)?.[1];
    expect((await fetch(`${nginx.url}${style}`)).status).toBe(200);
    expect(page).toContain(`${nginx.url}/zgate/v1`);
  } finally {
    await nginx.stop();
    await app.stop();
  }
});
