import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type App, startApp } from "../helpers/app.ts";
import { type Owner, signIn } from "./owner.ts";

let app: App;
let owner: Owner;
beforeAll(async () => {
  app = await startApp();
  owner = await signIn(app);
});
afterAll(() => app.stop());

const pages = ["", "/requests", "/requests/req_1", "/by/model", "/keys", "/keys/1", "/audit", "/prices", "/system"];
const streams = ["/live", "/export.csv", "/export.jsonl", "/nothing-of-the-kind"];
const changes = [
  "/keys",
  "/keys/1/edit",
  "/keys/1/rotate",
  "/keys/1/revoke",
  "/prices",
  "/prices/reset",
  "/system/pause",
  "/system/block",
  "/system/sign-out-everywhere",
];

describe("the door", () => {
  test("leads everybody who is not signed in to the sign-in, whatever he asks for", async () => {
    for (const page of [...pages, ...streams]) {
      const headers = { accept: "text/html" };
      const response = await fetch(`${app.url}/dashboard${page}`, { redirect: "manual", headers });
      expect([page, response.status]).toEqual([page, 303]);
      expect(response.headers.get("location")).toStartWith("/dashboard/sign-in");
    }
    for (const change of changes) {
      const response = await fetch(`${app.url}/dashboard${change}`, { method: "POST", redirect: "manual" });
      expect([change, response.status]).toEqual([change, 303]);
      expect(response.headers.get("location")).toBe("/dashboard/sign-in?lost=1");
    }
    expect(await (await fetch(`${app.url}/dashboard/sign-in?lost=1`)).text()).toContain("what you sent was not saved");
  });

  test("leads who was signed out in the middle of a change back to where he was", async () => {
    const sent = async (page: string) => {
      const headers = { referer: `${app.url}${page}` };
      const init = { method: "POST", redirect: "manual", headers } as const;
      const { headers: told } = await fetch(`${app.url}/dashboard/keys/1/edit`, init);
      return (await fetch(`${app.url}${told.get("location")}`)).text();
    };
    expect(await sent("/dashboard/keys/1?lang=en")).toContain('name="next" value="/dashboard/keys/1?lang=en"');
    expect(await sent("/elsewhere")).toContain('name="next" value="/dashboard"');
    for (const [form, page] of [
      ["/keys/1/edit", "/keys/1"],
      ["/upstreams/test", "/upstreams"],
      ["/upstreams/environment/test", "/upstreams/environment"],
      ["/alerts/test", "/alerts"],
      ["/system/pause", "/system"],
      ["/prices/reset", "/prices"],
    ]) {
      const response = await owner.get(`/dashboard${form}`);
      expect([form, response.headers.get("location")]).toEqual([form, `/dashboard${page}`]);
    }
  });

  test("tells htmx to go to the sign-in, so that no table cell fills with it", async () => {
    const response = await fetch(`${app.url}/dashboard`, { headers: { "hx-request": "true" } });
    expect(response.status).toBe(401);
    expect(response.headers.get("hx-redirect")).toBe("/dashboard/sign-in");
  });

  test("does not take a client's key for a session", async () => {
    const headers = { authorization: `Bearer ${app.key}`, cookie: `zgate_session=${app.key}` };
    expect((await fetch(`${app.url}/dashboard`, { headers, redirect: "manual" })).status).toBe(303);
  });

  test("shows nothing to a blocked address, and does not let anybody block his own", async () => {
    const behind = await startApp({ env: { TRUSTED_PROXIES: "loopback" } });
    try {
      const admin = await signIn(behind);
      const locked = await admin.post("/dashboard/system/block", { network: "127.0.0.1" });
      expect([locked.status, await locked.text()]).toEqual([400, expect.stringContaining("lock yourself out")]);
      expect((await admin.post("/dashboard/system/block", { network: "203.0.113.5" })).status).toBe(303);
      for (const page of ["/dashboard", "/dashboard/keys", "/dashboard/live"]) {
        expect([page, (await admin.get(page, { "x-forwarded-for": "203.0.113.5" })).status]).toEqual([page, 403]);
      }
      expect((await admin.get("/dashboard/keys")).status).toBe(200);
    } finally {
      await behind.stop();
    }
  });

  test("leads back to where somebody wanted to go, and nowhere outside", async () => {
    const response = await fetch(`${app.url}/dashboard/keys?range=7d`, { redirect: "manual" });
    expect(response.headers.get("location")).toBe("/dashboard/sign-in?next=%2Fdashboard%2Fkeys%3Frange%3D7d");
    for (const next of ["//evil.example", "https://evil.example/", "/dashboard//evil.example", "javascript:alert(1)"]) {
      const gone = await owner.get(`/dashboard/sign-in?next=${encodeURIComponent(next)}`);
      expect(gone.headers.get("location")).toBe("/dashboard");
    }
  });

  test("says the same of every wrong password", async () => {
    const response = await fetch(`${app.url}/dashboard/sign-in`, {
      method: "POST",
      headers: { origin: app.url },
      body: new URLSearchParams({ password: "not this one" }),
    });
    expect(response.status).toBe(403);
    expect(await response.text()).toContain("The password is wrong.");
    expect(response.headers.get("set-cookie")).toBeNull();
  });

  test("gives a cookie that no script reads, and takes the session away at the sign-out", async () => {
    const other = await signIn(app);
    const response = await other.post("/dashboard/sign-out", {});
    expect(response.headers.get("set-cookie")).toContain("HttpOnly; SameSite=Lax");
    expect((await other.get("/dashboard")).status).toBe(303);
    expect((await owner.get("/dashboard")).status).toBe(200);
  });
});

describe("a change", () => {
  test("is refused from elsewhere and without the token, and nothing changes", async () => {
    const name = "smuggled";
    for (const headers of [{ "sec-fetch-site": "cross-site" }, { "sec-fetch-site": "same-site" }] as const) {
      expect((await owner.post("/dashboard/keys", { name }, headers)).status).toBe(403);
    }
    expect((await owner.post("/dashboard/keys", { name, csrf: "" })).status).toBe(403);
    expect((await owner.post("/dashboard/keys", { name, csrf: "guessed" })).status).toBe(403);
    const plain = { "content-type": "text/plain" };
    expect((await owner.post("/dashboard/keys", { name }, plain)).status).toBe(400);
    expect(await (await owner.get("/dashboard/keys")).text()).not.toContain(name);
  });

  test("is never made by a GET", async () => {
    for (const change of ["/keys/1/revoke", "/keys/1/disable", "/system/pause", "/sign-out"]) {
      expect([303, 404]).toContain((await owner.get(`/dashboard${change}`)).status);
    }
    expect((await app.ask("What is 7 + 5?")).status).toBe(200);
  });

  test("does not grow without bounds", async () => {
    expect((await owner.post("/dashboard/keys", { name: "x".repeat(100_000) })).status).toBe(413);
  });
});

describe("every page", () => {
  test("allows nothing from elsewhere, nothing inline, no frame and no copy", async () => {
    for (const page of ["/", ...[...pages, "/sign-in", "/nothing"].map((path) => `/dashboard${path}`)]) {
      const { headers } = await owner.get(page);
      expect(headers.get("content-security-policy")).toBe(
        "default-src 'self'; script-src 'self'; style-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'",
      );
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("referrer-policy")).toBe("same-origin");
      expect(headers.get("cache-control")).toBe("no-store");
    }
  });

  test("holds against hostile addresses", async () => {
    const hostile = [
      "range=%27%20OR%201=1--&model=%27;drop%20table%20requests",
      "older=-1&newer=1e9",
      "older=99999999999999999999",
      "from=0000-00-00&to=%00",
      "q=%25%25%25&key=NaN&status=1e3&outcome=__proto__&error=constructor",
      "add=__proto__&value=x",
      `q=${"x".repeat(5_000)}`,
      "lang=%3Cscript%3E&zone=1",
    ];
    for (const query of hostile) {
      for (const page of ["", "/requests", "/by/client", "/export.jsonl"]) {
        const response = await owner.get(`/dashboard${page}?${query}`);
        expect([query, response.status]).toEqual([query, 200]);
        await response.text();
      }
    }
    expect((await owner.get("/dashboard/by/__proto__")).status).toBe(404);
    for (const action of ["__proto__", "constructor", "toString"]) {
      expect((await owner.post(`/dashboard/system/${action}`, {})).status).toBe(404);
    }
    expect((await owner.get("/dashboard/requests/%00")).status).toBe(404);
  });
});

test("stands behind a proxy that has a sign-in of its own", async () => {
  const basic = { authorization: "Basic eDp5" };
  for (const path of ["/dashboard/requests", "/admin/api/keys", "/metrics", "/admin/api/reports/overview"]) {
    expect([path, (await owner.get(path, basic)).status]).toEqual([path, 200]);
  }
});

test("is a 404 in JSON when it is switched off, with a hint in the log", async () => {
  const off = await startApp({ env: { DASHBOARD_ENABLED: "false" } });
  try {
    for (const path of ["/dashboard", "/dashboard/keys", "/dashboard/sign-in"]) {
      const response = await fetch(off.url + path);
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject({ error: { code: "unknown_url" } });
    }
    expect(off.log.join("")).toContain("DASHBOARD_ENABLED");
    expect(await (await fetch(`${off.url}/`)).text()).not.toContain('href="/dashboard"');
    expect((await off.ask("What is 7 + 5?")).status).toBe(200);
  } finally {
    await off.stop();
  }
});
