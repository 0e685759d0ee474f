import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readStream } from "~/capture/strands.ts";
import { type Owner, signIn } from "../dashboard/owner.ts";
import { type App, startApp } from "../helpers/app.ts";
import { pixel, world } from "../helpers/world.ts";
import { fileText, kept, readKept, switchOn } from "./kept.ts";

setDefaultTimeout(30_000);

const canary = () => `canary-${crypto.randomUUID()}`;

describe("with capture off, as it is unless somebody switches it on", () => {
  test("no prompt and no answer is in the database", async () => {
    const app = await startApp();
    const prompt = canary();
    const answer = await (await app.ask(`${prompt} ${world.questions.sum}`)).text();
    await (await app.ask(prompt, { stream: true })).text();
    await app.settled(2);
    expect(answer).toContain(world.answers.sum);
    expect(fileText(app)).not.toContain(prompt);
    expect(fileText(app)).not.toContain(world.answers.sum);
    expect(readKept(app)).toEqual([]);
    expect(
      await (await fetch(`${app.base}/key`, { headers: { authorization: `Bearer ${app.key}` } })).json(),
    ).toMatchObject({
      capture: false,
    });
    await app.stop();
  });
});

describe("with capture on", () => {
  let app: App;
  let owner: Owner;
  let known = 0;
  beforeAll(async () => {
    app = await startApp({ env: { CAPTURE_MAX_SIZE: "8KB" } });
    owner = await signIn(app);
    await switchOn(owner);
  });
  afterAll(() => app.stop());

  /** The bodies of the next request. */
  const next = async () => (await kept(app, ++known)).at(-1)!;

  test("a whole answer is kept as it was said, compressed", async () => {
    const prompt = canary();
    const body = JSON.stringify({ model: world.models.usual, messages: [{ role: "user", content: prompt }] });
    const response = await app.send("/v1/chat/completions", body);
    const answer = await response.text();
    expect(await next()).toEqual({
      requestId: response.headers.get("x-request-id")!,
      request: body,
      answer,
      requestBytes: body.length,
      answerBytes: Buffer.byteLength(answer),
      requestIsCut: false,
      answerIsCut: false,
    });
    expect(fileText(app)).not.toContain(prompt);
  });

  test.each([
    ["/v1/chat/completions", { messages: [{ role: "user", content: world.questions.sum }] }],
    ["/v1/messages", { max_tokens: 100, messages: [{ role: "user", content: world.questions.sum }] }],
    ["/v1/responses", { input: world.questions.sum }],
  ])("a stream of %s is kept event by event, its last one as well", async (path, body) => {
    const response = await app.send(path, { model: world.models.usual, stream: true, ...body });
    const said = await response.text();
    expect((await next()).answer).toBe(said);
  });

  test("a count of tokens is kept", async () => {
    const body = { model: world.models.usual, messages: [{ role: "user", content: "count me" }] };
    const said = await (await app.send("/v1/messages/count_tokens", body)).text();
    expect(await next()).toMatchObject({ answer: said, request: JSON.stringify(body) });
  });

  test("a stream that breaks off is kept up to its error", async () => {
    const said = await (await app.ask("[[scenario:truncate_answer]]", { stream: true })).text();
    expect(said).toContain("upstream_incomplete");
    expect((await next()).answer).toBe(said);
  });

  test("a stream whose client leaves is kept as far as it went", async () => {
    const left = new AbortController();
    const response = await app.ask(
      "[[scenario:slow:30]] [[scenario:long:200]]",
      { stream: true },
      { signal: left.signal },
    );
    const reader = response.body!.getReader();
    const first = new TextDecoder().decode((await reader.read()).value);
    left.abort();
    await reader.read().catch(() => {});
    const { answer } = await next();
    expect(answer).toStartWith(first);
    expect(answer).not.toContain("[DONE]");
    expect(answer).not.toContain("word199");
  });

  test("refusals are kept, with what was refused", async () => {
    const response = await app.send("/v1/chat/completions", { model: "no-such-model", messages: [] });
    const refusal = await response.text();
    expect(response.status).toBe(400);
    expect((await next()).answer).toBe(refusal);
    const broken = await (await app.send("/v1/messages", '{"broken')).text();
    expect(await next()).toMatchObject({ request: '{"broken', answer: broken });
    const failed = await (await app.ask("[[scenario:html]]")).text();
    expect((await next()).answer).toBe(failed);
  });

  test("the client's key, the upstream's credential and whatever looks like a secret is not kept", async () => {
    const token = "0123456789abcdef0123456789abcdef.AbCdEfGhIjKlMnOp";
    const words = `my key is ${app.key}, theirs is ${token}, and "Authorization: Bearer abcdefghijklmnop1234"`;
    await (await app.ask(`Repeat: ${words}`)).text();
    const { request } = await next();
    expect(request).toContain("my key is [redacted], theirs is [redacted], and");
    expect(request).not.toContain("abcdefghijklmnop1234");
    expect(JSON.parse(request!).messages[0].content).toContain("Repeat: my key");

    // Said back piece by piece, whole in the answer and broken off in the thinking.
    const said = await (await app.ask(`my key is ${app.key}`, { stream: true })).text();
    const secrets = (text: string) =>
      readStream(text)!.strands.filter(({ text }) => text.includes(app.key.slice(0, 24)));
    expect(secrets(said)).not.toEqual([]);
    const { answer } = await next();
    expect(secrets(answer!)).toEqual([]);
    expect(answer).toContain("[redacted]");
  });

  test("the insides of pictures are left out, and the words behind them are kept", async () => {
    const picture = `${pixel.slice(0, -2)}${"A".repeat(100_000)}==`;
    const content = [
      { type: "image_url", image_url: { url: picture } },
      { type: "text", text: "words behind the picture" },
    ];
    await (await app.ask("", { model: world.models.seeing, messages: [{ role: "user", content }] })).text();
    const { request, requestBytes, requestIsCut } = await next();
    expect(request).toContain("words behind the picture");
    expect(request!.length).toBeLessThan(1_000);
    expect(requestBytes).toBeGreaterThan(100_000);
    expect(requestIsCut).toBe(false);
  });

  test("what is longer than the cap is cut, and says so", async () => {
    const response = await app.ask(`${"潮".repeat(5_000)} [[scenario:long:2000]]`, { stream: true });
    const said = await response.text();
    const bodies = await next();
    expect(bodies).toMatchObject({ requestIsCut: true, answerIsCut: true, answerBytes: Buffer.byteLength(said) });
    expect(Buffer.byteLength(bodies.answer!)).toBeLessThanOrEqual(8 * 1024);
    expect(Buffer.byteLength(bodies.answer!)).toBeGreaterThan(7 * 1024);
    expect(said).toStartWith(bodies.answer!);
    expect(bodies.request).not.toContain("�");
  });

  test("what is no question to a model is not kept, and the holder is told", async () => {
    const headers = { authorization: `Bearer ${app.key}` };
    await (await fetch(`${app.base}/models`, { headers })).text();
    expect(await (await fetch(`${app.base}/key`, { headers })).json()).toMatchObject({ capture: true });
    await (await app.ask("one more")).text();
    expect((await next()).request).toContain("one more");
    expect(readKept(app)).toHaveLength(known);
  });
});
