import { afterAll, beforeAll, expect, test } from "bun:test";
import { type App, startApp } from "../helpers/app.ts";
import { fakeKey, world } from "../helpers/world.ts";
import { type Owner, signIn } from "./owner.ts";

let app: App;
let owner: Owner;
beforeAll(async () => {
  app = await startApp();
  owner = await signIn(app);
  await app.ask(world.questions.sum, {}, { headers: { "user-agent": world.userAgents.curl } });
  await app.ask(world.questions.sum, { model: "nothing-of-the-kind" });
  await app.settled(2);
});
afterAll(() => app.stop());

const forPrograms = { accept: "application/json" };

test("answers the older dashboard's addresses in its shape", async () => {
  const stats = await (await owner.get("/dashboard/stats", forPrograms)).json();
  expect(stats).toEqual({
    totalRequests: 2,
    successfulRequests: 1,
    failedRequests: 1,
    averageResponseTime: expect.any(Number),
  });
  const requests = await (await owner.get("/dashboard/requests", forPrograms)).json();
  expect(requests).toHaveLength(2);
  expect(requests[1]).toEqual({
    id: expect.stringMatching(/^req_/),
    timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
    method: "POST",
    path: "/v1/chat/completions",
    status: 200,
    duration: expect.any(Number),
    user_agent: world.userAgents.curl,
    model: world.models.usual,
  });
});

test("answers a key with the right to reports, and no other", async () => {
  const secret = fakeKey("reports");
  await owner.post("/dashboard/keys", { name: "reports", rights: "reports", secret });
  for (const [key, status] of [
    [secret, 200],
    [app.key, 403],
    ["", 401],
    ["nobody-knows-this-string", 401],
  ] as const) {
    const headers: Record<string, string> = key === "" ? forPrograms : { authorization: `Bearer ${key}` };
    for (const path of ["/dashboard/stats", "/dashboard/requests"]) {
      expect([key, (await fetch(app.url + path, { headers })).status]).toEqual([key, status]);
    }
  }
});
