import { expect, test } from "bun:test";
import type { ChatRequest } from "~/chat/chat.ts";
import { GatewayError } from "~/errors.ts";
import { zaiWeb } from "~/upstreams/zai-web/index.ts";
import { guest, harbour, plainQuestion, telling } from "./telling.ts";

const at = Date.UTC(2025, 8, 14, 9, 30, 0);

function sent(body: ChatRequest, wish: Parameters<typeof telling>[1] = {}) {
  const outgoing = zaiWeb.chat.ask(telling(body, wish), at);
  return { ...outgoing, body: JSON.parse(`${outgoing.body}`) };
}

function refusalOf(body: ChatRequest, wish: Parameters<typeof telling>[1] = {}): GatewayError {
  try {
    sent(body, wish);
  } catch (error) {
    if (error instanceof GatewayError) return error;
  }
  throw new Error("It was not refused");
}

const picture = { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgo=" } };
const look = { type: "text", text: "What colour?" };

test("asks as the web chat wants to be asked, streamed even for a whole answer", () => {
  const { method, url, headers, body } = sent(plainQuestion, { stream: false });
  expect(method).toBe("POST");
  expect(url).toBe(harbour.url);
  expect(headers.authorization).toBe("Bearer user-token");
  expect(headers["content-type"]).toBe("application/json");
  expect(headers.accept).toBe("text/event-stream");
  expect(headers["user-agent"]).toMatch(/^zgate\/\d/);
  expect(body).toMatchObject({
    stream: true,
    model: "0727-360B-API",
    messages: [{ role: "user", content: "High water?" }],
    params: {},
    features: { enable_thinking: true, preview_mode: false, web_search: false, image_generation: false },
    background_tasks: { title_generation: false, tags_generation: false },
    mcp_servers: [],
    model_item: { id: "0727-360B-API", name: "GLM-4.5", owned_by: "openai" },
  });
  expect(body.variables["{{CURRENT_DATETIME}}"]).toBe("2025-09-14 09:30:00");
  expect(body.variables["{{CURRENT_WEEKDAY}}"]).toBe("Sunday");
});

test("pretends to be nobody's browser", () => {
  const { headers } = sent(plainQuestion);
  expect(Object.keys(headers).sort()).toEqual(["accept", "authorization", "content-type", "user-agent"]);
});

test("opens a chat of its own for each attempt", () => {
  const told = telling(plainQuestion);
  const ids = [at, at + 1]
    .map((at) => JSON.parse(`${zaiWeb.chat.ask(told, at).body}`))
    .flatMap((b) => [b.chat_id, b.id]);
  expect(new Set(ids).size).toBe(4);
  for (const id of ids) expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
});

test("passes the client's own sampling into params", () => {
  const { body } = sent({ ...plainQuestion, temperature: 0, top_p: 0.9, max_tokens: 50, max_completion_tokens: 40 });
  expect(body.params).toEqual({ temperature: 0, top_p: 0.9, max_tokens: 40 });
  expect(sent({ ...plainQuestion, temperature: null, max_tokens: 50 }).body.params).toEqual({ max_tokens: 50 });
});

test("thinks unless the client does not want it", () => {
  expect(sent(plainQuestion, { thinking: false }).body.features.enable_thinking).toBe(false);
  expect(sent(plainQuestion, { thinking: true }).body.features.enable_thinking).toBe(true);
  expect(sent(plainQuestion, { thinking: null }).body.features.enable_thinking).toBe(true);
});

test("knows three roles and tells tool calls and their results in words", () => {
  const call = {
    id: "call_1",
    type: "function" as const,
    function: { name: "get_tide", arguments: '{"port":"Brest"}' },
  };
  const { body } = sent({
    model: "glm-4.5",
    messages: [
      { role: "developer", content: "Be brief." },
      { role: "user", content: [look, { type: "text", text: "And when?" }] },
      { role: "assistant", content: null, reasoning_content: "Hm.", tool_calls: [call] },
      { role: "tool", tool_call_id: "call_1", content: [{ type: "text", text: "04:12" }] },
      { role: "assistant", content: "At 04:12." },
    ],
  });
  expect(body.messages).toEqual([
    { role: "system", content: "Be brief." },
    { role: "user", content: "What colour?\nAnd when?" },
    { role: "assistant", content: `\`\`\`json\n${JSON.stringify({ tool_calls: [call] })}\n\`\`\`` },
    { role: "user", content: '<tool_result id="call_1" name="get_tide">\n04:12\n</tool_result>' },
    { role: "assistant", content: "At 04:12." },
  ]);
});

test("gives media to the model that sees, in the order they came", () => {
  const spoken = { type: "input_audio", input_audio: { data: "UklGRg==", format: "mp3" } };
  const paper = { type: "file", file: { filename: "a.pdf", file_data: "data:application/pdf;base64,JVBERg==" } };
  const { body } = sent({ model: "glm-4.5v", messages: [{ role: "user", content: [look, picture, spoken, paper] }] });
  expect(body.features.preview_mode).toBe(true);
  expect(body.messages[0].content).toEqual([
    look,
    picture,
    { type: "audio_url", audio_url: { url: "data:audio/mp3;base64,UklGRg==" } },
    { type: "document_url", document_url: { url: "data:application/pdf;base64,JVBERg==" } },
  ]);
});

test("refuses media for a model that only reads, and names the part", () => {
  const messages = [
    { role: "system", content: "Look." },
    { role: "user", content: [look, picture] },
  ];
  const refusal = refusalOf({ model: "glm-4.5", messages });
  expect(refusal.kind).toBe("model_not_multimodal");
  expect(refusal.param).toBe("messages[1].content[1]");
  expect(refusal.message).toContain("messages[1].content[1]");
});

test("refuses an image that is none, and takes the kinds that the site shows", () => {
  const image = (head: string) => ({
    type: "image_url",
    image_url: { url: `data:image/png;base64,${Buffer.from(head, "latin1").toString("base64")}` },
  });
  const ask = (part: object) =>
    ({ model: "glm-4.5v", messages: [{ role: "user", content: [look, part] }] }) as ChatRequest;
  const refusal = refusalOf(ask(image("<svg onload=alert(1)>")));
  expect([refusal.kind, refusal.param]).toEqual(["invalid_request", "messages[0].content[1]"]);
  for (const head of ["GIF89a.....", "RIFF....WEBPVP8 ", "\xff\xd8\xff\xe0....", "\x89PNG\r\n\x1a\n"]) {
    expect(() => sent(ask(image(head)))).not.toThrow();
  }
});

test("refuses a guest's media and says that a token is needed", () => {
  const refusal = refusalOf({ model: "glm-4.5v", messages: [{ role: "user", content: [picture] }] }, { target: guest });
  expect(refusal.kind).toBe("multimodal_not_allowed");
  expect(refusal.param).toBe("messages[0].content[0]");
  expect(refusal.message).toContain("ZAI_TOKEN");
});

test("does not change the client's request", () => {
  const body = { model: "glm-4.5v", messages: [{ role: "user", content: [look, picture] }], temperature: 0.5 };
  const before = structuredClone(body);
  sent(body);
  expect(body).toEqual(before);
});

test("fetches a guest's token from the upstream's own origin, without showing a token", () => {
  const { method, url, headers, body } = zaiWeb.guest!.ask(harbour);
  expect([method, url, body]).toEqual(["GET", "https://chat.example/api/v1/auths/", null]);
  expect(headers.authorization).toBeUndefined();
  expect(zaiWeb.guest!.read('{"id":"1","role":"guest","token":"guest-token"}')).toBe("guest-token");
  for (const text of ["", "<html>", "null", "{}", '{"token":""}', '{"token":5}'])
    expect(zaiWeb.guest!.read(text)).toBeNull();
});

test("finds the model list beside the completions, in a look-alike's folder too", () => {
  expect(zaiWeb.modelList(harbour)!.url).toBe("https://chat.example/api/models");
  expect(zaiWeb.modelList(harbour)!.headers.authorization).toBe("Bearer user-token");
  const inFolder = { ...harbour, url: "https://own.example/zai/api/v2/chat/completions" };
  expect(zaiWeb.modelList(inFolder)!.url).toBe("https://own.example/zai/api/models");
  expect(zaiWeb.guest!.ask(inFolder).url).toBe("https://own.example/zai/api/v1/auths/");
});
