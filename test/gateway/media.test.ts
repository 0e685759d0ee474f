import { afterEach, describe, expect, test } from "bun:test";
import OpenAI from "openai";
import { type App, type AppOptions, startApp } from "../helpers/app.ts";
import { pixel, world } from "../helpers/world.ts";

let app: App | null = null;
afterEach(async () => {
  await app?.stop();
  app = null;
});

async function start(options: AppOptions = {}) {
  app = await startApp(options);
  return { app, client: new OpenAI({ baseURL: app.base, apiKey: app.key, maxRetries: 0 }) };
}

const look = { type: "text" as const, text: "What is 7 + 5?" };
const picture = { type: "image_url" as const, image_url: { url: pixel } };
const speech = {
  type: "input_audio" as const,
  input_audio: { data: Buffer.from("RIFF....WAVE").toString("base64"), format: "wav" as const },
};
const user = (...content: object[]) => [{ role: "user" as const, content: content as never }];
const logged = ({ log }: App) =>
  log.map((line) => JSON.parse(line)).filter(({ event }) => `${event}`.startsWith("multimodal."));
const bodies = ({ simulator }: App) =>
  simulator
    .requests()
    .filter(({ kind }) => kind === "chat")
    .map(({ body }) => body as { messages: { content: unknown }[] });

describe("a picture", () => {
  test("reaches a model that sees, and the log tells of it without its data", async () => {
    const { app, client } = await start();
    const { choices } = await client.chat.completions.create({
      model: world.models.seeing,
      messages: user(look, picture),
    });
    expect(choices[0]!.finish_reason).toBe("stop");
    expect(bodies(app)[0]!.messages[0]!.content).toEqual([look, picture]);
    expect(app.simulator.violations()).toEqual([]);
    const events = logged(app);
    expect(events.map(({ event }) => event)).toEqual([
      "multimodal.request",
      "multimodal.part",
      "multimodal.count",
      "multimodal.token",
    ]);
    expect(events[1]).toMatchObject({ medium: "image", source: "data", mime: "image/png", bytes: 70 });
    expect(app.log.join("")).not.toContain(pixel.slice(-40));
  });

  test("is refused for a text model, by the name of its part, on record and in the log", async () => {
    const { app, client } = await start();
    const messages = [{ role: "system" as const, content: "Look." }, ...user(look, picture)];
    for (const stream of [false, true]) {
      const error = await client.chat.completions
        .create({ model: world.models.usual, messages, stream })
        .catch((thrown) => thrown);
      expect(error).toMatchObject({ status: 400, code: "model_not_multimodal", param: "messages[1].content[1]" });
    }
    expect(bodies(app)).toEqual([]);
    expect((await app.settled(2)).at(-1)).toMatchObject({ outcome: "rejected", error_kind: "model_not_multimodal" });
    expect(logged(app).map(({ event }) => event)).toContain("multimodal.unsupported");
  });

  test("is left out for a text model where the owner wants that", async () => {
    const { app, client } = await start({ env: { MEDIA_DROP_FOR_TEXT_MODELS: "true" } });
    const { choices } = await client.chat.completions.create({
      model: world.models.usual,
      messages: user(look, picture),
    });
    expect(choices[0]!.message.content).toBe(world.answers.sum);
    expect(bodies(app)[0]!.messages[0]!.content).toBe(look.text);
    expect(logged(app).find(({ event }) => event === "multimodal.unsupported").message).toContain("left out");
  });

  test("is left out of other APIs too, though Z.ai has doors for them", async () => {
    const { app } = await start({ env: { MEDIA_DROP_FOR_TEXT_MODELS: "true" } });
    const [, data] = pixel.split(",");
    const image = { type: "image", source: { type: "base64", media_type: "image/png", data } };
    const content = [image, { type: "text", text: look.text }];
    const model = world.models.usual;
    const answers = [
      await app.send("/v1/messages", { model, max_tokens: 99, messages: user(...content) }),
      await app.send("/v1/responses", {
        model,
        input: user({ type: "input_image", image_url: pixel }, { type: "input_text", text: look.text }),
      }),
    ];
    for (const answer of answers) expect(await answer.text()).toContain(world.answers.sum);
    expect(JSON.stringify(bodies(app))).not.toContain(data!);
  });

  test("wants an account on the web chat, and the Chinese log says so in the words that its users know", async () => {
    const { app, client } = await start({ face: "web", env: { LANG: "zh_CN.UTF-8" } });
    const error = await client.chat.completions
      .create({
        model: world.models.seeing,
        messages: user(look, picture, { type: "document_url", document_url: { url: "https://a.example/a.pdf" } }),
      })
      .catch((thrown) => thrown);
    expect(error).toMatchObject({ status: 400, code: "multimodal_not_allowed", param: "messages[0].content[1]" });
    const lines = logged(app).map(({ message }) => message);
    expect(lines[0]).toBe("🎯 检测到全方位多模态请求");
    expect(lines[1]).toBe("🖼️ 消息[0] 图像[1]");
    expect(lines[2]).toBe("📄 消息[0] 文档[2]");
    expect(lines[3]).toBe("🎯 多模态内容统计");
    expect(lines[4]).toStartWith("⚠️ 重要警告: 正在使用匿名token处理多模态请求");
  });

  test("goes with an account's token to the web chat", async () => {
    const { app, client } = await start({ face: "web", env: { LANG: "zh_CN.UTF-8", ZAI_TOKEN: "harbour-user-token" } });
    const { choices } = await client.chat.completions.create({
      model: world.models.seeing,
      messages: user(look, picture),
    });
    expect(choices[0]!.finish_reason).toBe("stop");
    expect(logged(app).at(-1).message).toStartWith("✅ 使用正式API Token");
    expect(app.simulator.violations()).toEqual([]);
  });
});

describe("speech", () => {
  test("is written down by the official API, and its words are asked in its place", async () => {
    const { app, client } = await start();
    const { choices } = await client.chat.completions.create({ model: world.models.usual, messages: user(speech) });
    expect(choices[0]!.message.content).toBe(world.answers.sum);
    const [heard] = app.simulator.requests();
    expect(heard).toMatchObject({ path: "/api/paas/v4/audio/transcriptions", state: "finished" });
    expect(bodies(app)[0]!.messages).toEqual([{ role: "user", content: [look] }] as never);
    expect(app.simulator.violations()).toEqual([]);
  });

  test("is written down over Responses as well, past Z.ai's own door for them", async () => {
    const { app } = await start();
    const answer = await app.send("/v1/responses", { model: world.models.usual, input: user(speech) });
    expect(await answer.text()).toContain(world.answers.sum);
    expect(app.simulator.requests().map(({ path }) => path)).toEqual([
      "/api/paas/v4/audio/transcriptions",
      "/api/paas/v4/chat/completions",
    ]);
  });

  test("at an address is refused: zgate fetches nothing that a client names", async () => {
    const { app, client } = await start();
    const far = { type: "audio_url", audio_url: { url: `${app.simulator.url}/secret.wav` } };
    const aac = { type: "audio_url", audio_url: { url: "data:audio/aac;base64,AAAAAAAA" } };
    for (const [part, words] of [
      [far, "fetches none"],
      [aac, "audio/aac"],
    ] as const) {
      const error = await client.chat.completions
        .create({ model: world.models.usual, messages: user(look, part) })
        .catch((thrown) => thrown);
      expect(error).toMatchObject({ status: 400, param: "messages[0].content[1]" });
      expect(error.message).toContain(words);
    }
    expect(app.simulator.requests()).toEqual([]);
  });

  test("that cannot be written down is a failure of the upstream", async () => {
    const { app, client } = await start();
    app.simulator.always("http500");
    app.simulator.next("http500", "models");
    const error = await client.chat.completions
      .create({ model: world.models.usual, messages: user(speech) })
      .catch((thrown) => thrown);
    expect(error).toBeInstanceOf(OpenAI.APIError);
    expect(error.status).toBeGreaterThanOrEqual(500);
  });
});

test("a text file reaches any model as text", async () => {
  const { app, client } = await start();
  const file = {
    type: "file",
    file: { filename: "ask.txt", file_data: `data:text/plain;base64,${btoa("What is 7 + 5?")}` },
  };
  const { choices } = await client.chat.completions.create({ model: world.models.usual, messages: user(file) });
  expect(choices[0]!.message.content).toBe(world.answers.sum);
  expect(app.simulator.violations()).toEqual([]);
});

test("a plain upstream gets whatever it is sent", async () => {
  const { app, client } = await start({ face: "openai" });
  await client.chat.completions.create({ model: "small-model", messages: user(look, picture, speech) });
  expect(bodies(app)[0]!.messages[0]!.content).toEqual([look, picture, speech]);
});

test("a picture that was shown earlier in a conversation is named as what it is", async () => {
  const { app } = await start();
  const seen = await app.send("/v1/responses", {
    model: world.models.seeing,
    input: [{ role: "user", content: [{ type: "input_image", image_url: pixel }] }],
  });
  const { id } = (await seen.json()) as { id: string };
  const blind = await app.send("/v1/responses", {
    model: world.models.usual,
    input: "And now?",
    previous_response_id: id,
  });
  const { error } = (await blind.json()) as { error: { param: string } };
  expect([blind.status, error.param]).toEqual([400, "previous_response_id[0].content[0]"]);
});
