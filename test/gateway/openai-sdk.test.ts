import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import OpenAI from "openai";
import type { ChatCompletionChunk } from "openai/resources/chat/completions";
import { type App, startApp } from "../helpers/app.ts";
import { fakeKey, world } from "../helpers/world.ts";

const messages = [{ role: "user" as const, content: world.questions.sum }];

for (const face of ["zai", "web", "openai"] as const) {
  describe(`the openai SDK through the ${face} upstream`, () => {
    let app: App;
    let client: OpenAI;
    beforeAll(async () => {
      app = await startApp({ face });
      client = new OpenAI({ baseURL: app.base, apiKey: app.key, maxRetries: 0 });
    });
    afterEach(() => app.simulator.reset());
    afterAll(() => app.stop());

    const model = face === "web" ? "GLM-4.5" : "glm-4.7";
    const failure = (options: object = {}) =>
      client.chat.completions.create({ model, messages, ...options }).then(
        () => Promise.reject(new Error("it answered")),
        (error: InstanceType<typeof OpenAI.APIError>) => error,
      );
    const chunksOf = async (options: object = {}): Promise<ChatCompletionChunk[]> => {
      const stream = await client.chat.completions.create({ model, messages, ...options, stream: true });
      const chunks: ChatCompletionChunk[] = [];
      for await (const chunk of stream) chunks.push(chunk);
      return chunks;
    };

    test("lists models, and finds one by its name", async () => {
      const { data } = await client.models.list();
      expect(data.map(({ id }) => id)).toContain(model);
      expect(await client.models.retrieve(model)).toMatchObject({ id: model, object: "model" });
    });

    test("gets a whole answer under the name it asked for, with an id of ours", async () => {
      const { data, response, request_id } = await client.chat.completions.create({ model, messages }).withResponse();
      expect(data).toMatchObject({
        object: "chat.completion",
        model,
        choices: [{ index: 0, logprobs: null, finish_reason: "stop" }],
      });
      expect(data.choices[0]!.message).toMatchObject({ role: "assistant", content: world.answers.sum, refusal: null });
      expect(data.usage!.total_tokens).toBe(data.usage!.prompt_tokens + data.usage!.completion_tokens);
      expect(data).not.toHaveProperty("system_fingerprint");
      expect(response.headers.get("x-request-id")).toBe(request_id);
    });

    test("streams: one id and stamp, role once, finish once, usage only when asked", async () => {
      const chunks = await chunksOf();
      expect(new Set(chunks.map(({ id, created, model }) => `${id} ${created} ${model}`)).size).toBe(1);
      expect(chunks.map(({ choices }) => choices[0]!.delta.role).filter(Boolean)).toEqual(["assistant"]);
      expect(chunks[0]!.choices[0]!.delta.role).toBe("assistant");
      expect(chunks.every(({ choices }) => choices[0]!.finish_reason !== undefined)).toBe(true);
      expect(chunks.filter(({ choices }) => choices[0]!.finish_reason).length).toBe(1);
      expect(chunks.map(({ choices }) => choices[0]!.delta.content ?? "").join("")).toBe(world.answers.sum);
      expect(chunks.some(({ usage }) => usage)).toBe(false);

      const counted = await chunksOf({ stream_options: { include_usage: true } });
      expect(counted.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: expect.any(Number) } });
      expect(counted.filter(({ usage }) => usage).length).toBe(1);
    });

    test("leaves in mid-answer: the upstream's answer ends at once, and the row says so", async () => {
      const before = app.rows().length;
      const aborted = app.simulator.aborted();
      app.simulator.next("long:2000+slow:5");
      const stream = await client.chat.completions.create({ model, messages, stream: true });
      for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
      await until(() => app.simulator.open() === 0);
      expect(app.simulator.aborted()).toBe(aborted + 1);
      const row = (await app.settled(before + 1)).at(-1)!;
      expect(row).toMatchObject({ outcome: "aborted", status: 499, error_kind: null });
      expect(row.tokens_out).toBeGreaterThan(0);
    });

    test("leaves before the answer: the upstream's call ends at once, streamed or not", async () => {
      for (const stream of [true, false]) {
        const before = app.rows().length;
        const aborted = app.simulator.aborted();
        app.simulator.next("silence");
        const controller = new AbortController();
        const options = { signal: controller.signal };
        const answer = client.chat.completions.create({ model, messages, stream }, options).catch((error) => error);
        await until(() => app.simulator.open() === 1);
        controller.abort();
        expect(await answer).toBeInstanceOf(OpenAI.APIUserAbortError);
        await until(() => app.simulator.open() === 0);
        expect(app.simulator.aborted()).toBe(aborted + 1);
        expect((await app.settled(before + 1)).at(-1)).toMatchObject({ outcome: "aborted", status: 499 });
      }
    });

    test("learns what is wrong with its key", async () => {
      const stranger = new OpenAI({ baseURL: app.base, apiKey: fakeKey("stranger"), maxRetries: 0 });
      const error = await stranger.chat.completions.create({ model, messages }).catch((thrown) => thrown);
      expect(error).toBeInstanceOf(OpenAI.AuthenticationError);
      expect(error).toMatchObject({ status: 401, code: "invalid_api_key", type: "authentication_error" });
    });

    test("learns that a model does not exist", async () => {
      if (face === "openai") return; // A plain upstream's models are its own business.
      expect(await failure({ model: "gpt-99" })).toMatchObject({
        status: 404,
        code: "model_not_found",
        param: "model",
      });
    });

    test("learns that the upstream is busy, and when to come back", async () => {
      app.simulator.always("http429");
      const error = await failure();
      expect(error).toBeInstanceOf(OpenAI.RateLimitError);
      expect(error).toMatchObject({ status: 429, code: "rate_limit_exceeded", type: "rate_limit_error" });
      expect(Number(error.headers!.get("retry-after"))).toBeGreaterThan(0);
      expect(await failure({ stream: true })).toMatchObject({ status: 429 });
    });

    test("learns that the upstream broke", async () => {
      app.simulator.always("http500");
      expect(await failure()).toMatchObject({ status: 502, code: "upstream_error", type: "server_error" });
      expect(await failure({ stream: true })).toMatchObject({ status: 502, code: "upstream_error" });
      expect(app.rows().at(-1)).toMatchObject({ outcome: "failed", status: 502 });
    });

    test("never takes a cut answer for a whole one", async () => {
      app.simulator.always("truncate_answer");
      const before = app.rows().length;
      const seen: string[] = [];
      const stream = await client.chat.completions.create({ model, messages, stream: true });
      const error = await (async () => {
        for await (const chunk of stream) seen.push(`${chunk.choices[0]?.finish_reason}`);
      })().catch((thrown) => thrown);
      expect(error).toBeInstanceOf(OpenAI.APIError);
      expect(error).toMatchObject({ code: "upstream_incomplete" });
      expect(seen).not.toContain("stop");
      expect((await app.settled(before + 1)).at(-1)).toMatchObject({
        outcome: "failed",
        status: 502,
        error_kind: "upstream_incomplete",
      });
    });
  });
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await Bun.sleep(2);
}
