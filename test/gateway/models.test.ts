import { afterEach, expect, test } from "bun:test";
import { type App, type AppOptions, startApp } from "../helpers/app.ts";
import { world } from "../helpers/world.ts";

let app: App | null = null;
afterEach(async () => {
  await app?.stop();
  app = null;
});

type Listed = { id: string } & Record<string, unknown>;

async function listOf(options: AppOptions = {}, headers: Record<string, string> = {}) {
  app = await startApp(options);
  const answer = await fetch(`${app.base}/models`, { headers });
  const { object, data } = (await answer.json()) as { object: string; data: Listed[] };
  expect(object).toBe("list");
  return { app, data, find: (id: string) => data.find((model) => model.id === id) };
}

test("lists models with OpenAI's fields first and with what agents size their requests by", async () => {
  const { data, find } = await listOf();
  for (const model of data) expect(Object.keys(model).slice(0, 4)).toEqual(["id", "object", "created", "owned_by"]);
  expect(find("glm-4.7")).toMatchObject({
    object: "model",
    context_length: 204_800,
    context_window: 204_800,
    max_output_tokens: 131_072,
    architecture: { input_modalities: ["text"], output_modalities: ["text"] },
    pricing: { prompt: "0.0000006", completion: "0.0000022", input_cache_read: "0.00000011" },
  });
  expect(find("glm-4.7")!.supported_parameters).toContain("tools");
  expect(find("glm-4.5v")!.architecture).toMatchObject({ input_modalities: ["text", "image", "video", "file"] });
  expect(find("glm-4.5v")!.supported_parameters).not.toContain("tools");
  expect(find("glm-4.7-flash")!.pricing).toMatchObject({ prompt: "0" });
  expect(find("glm-5.3-flashx")).not.toHaveProperty("pricing");
  expect(data[0]!.id).toBe("glm-4.7");
});

test("knows the web chat's models by what they are", async () => {
  const { find } = await listOf({ face: "web" });
  expect(find("GLM-4.5")).toMatchObject({ context_length: 131_072, max_output_tokens: 98_304 });
  expect(find("GLM-4.6")).toMatchObject({ context_length: 204_800 });
});

test("says no more than the name of a plain upstream's own models", async () => {
  const { find } = await listOf({ face: "openai" });
  expect(find("small-model")).toMatchObject({ object: "model", owned_by: "z.ai" });
  expect(find("small-model")).not.toHaveProperty("context_length");
});

test("merges the upstream's list into its own, and keeps it for a while", async () => {
  const { app, data } = await listOf();
  const ids = data.map(({ id }) => id.toLowerCase());
  expect(new Set(ids).size).toBe(ids.length);
  await fetch(`${app.base}/models`);
  expect(app.simulator.requests().filter(({ kind }) => kind === "models").length).toBe(1);
});

test("takes the owner's names for models, on every API, and lists those that are names", async () => {
  const { app, find } = await listOf({ env: { MODEL_ALIASES: "tide-1=glm-4.7, claude-*=glm-5, lost=no-such-model" } });
  expect(find("tide-1")).toMatchObject({ context_length: 204_800 });
  expect(find("lost")).toBeUndefined();
  expect(find("claude-*")).toBeUndefined();
  const answer = await app.ask(world.questions.sum, { model: "TIDE-1" });
  expect(((await answer.json()) as { model: string }).model).toBe("TIDE-1");
  const messages = [{ role: "user", content: world.questions.sum }];
  const claude = await app.send("/v1/messages", { model: "claude-sonnet-4-5", max_tokens: 100, messages });
  expect(claude.status).toBe(200);
  expect((await app.settled(3)).slice(-2).map((row) => row.model_served)).toEqual(["glm-4.7", "glm-5"]);
  expect((await fetch(`${app.base}/models/tide-1`)).status).toBe(200);
  expect((await app.ask("Hi", { model: "lost" })).status).toBe(404);
});

test("finds one model, and refuses a name that nobody knows", async () => {
  const { app } = await listOf();
  const one = (await (await fetch(`${app.base}/models/glm-4.7`)).json()) as Listed;
  expect(one).toMatchObject({ id: "glm-4.7", object: "model", context_length: 204_800 });
  const none = await fetch(`${app.base}/models/gpt-99`);
  expect(none.status).toBe(404);
  expect(await none.json()).toMatchObject({ error: { code: "model_not_found", param: "model" } });
});
