import { afterAll, afterEach, beforeEach, expect, test } from "bun:test";
import { startSimulator } from "~/simulator/simulator.ts";
import { events, send } from "./client.ts";

const simulator = await startSimulator();
let guest = "";
beforeEach(async () => {
  guest = (await (await fetch(`${simulator.url}/api/v1/auths/`)).json()).token;
});
afterEach(() => simulator.reset());
afterAll(() => simulator.stop());

test("makes a new guest for each one who asks, and knows its users", async () => {
  const other = await (await fetch(`${simulator.url}/api/v1/auths/`)).json();
  expect(other.token).not.toBe(guest);
  expect(other.role).toBe("guest");
  const headers = { Authorization: "Bearer a.user.token" };
  expect((await (await fetch(`${simulator.url}/api/v1/auths/`, { headers })).json()).role).toBe("user");
});

test("edits one document, whose end holds the thinking and the answer", async () => {
  const frames = await ask("Repeat after me: Grüße 🌊🌊\n> quoted 你好");
  expect(grow(frames)).toBe(
    '<details type="reasoning" done="true" duration="2">\n<summary>Thought for 2 seconds</summary>\n' +
      "> The user says: Repeat after me: Grüße 🌊🌊 > quoted 你好\n> I will answer that plainly.\n</details>\n" +
      "Grüße 🌊🌊\n> quoted 你好",
  );
});

test("adds the document's length in characters when it edits behind astral ones", async () => {
  simulator.say({
    answer: ["🌊🌊🌊", " let me check."],
    calls: [
      { id: "call_1", name: "get_tide", arguments: '{"port":"Saint-Malo \\"Ô\\" 🌊"}' },
      { id: "call_2", name: "get_wind", arguments: "{}" },
    ],
    finish: "tool_calls",
  });
  const text = grow(await ask("anything"));
  expect(text).toStartWith("🌊🌊🌊 let me check.\n\n<glm_block >");
  const blocks = [...text.matchAll(/<glm_block >(.*?)<\/glm_block>/g)].map(
    (found) => JSON.parse(found[1]!).data.metadata,
  );
  expect(blocks.map((block) => block.name)).toEqual(["get_tide", "get_wind"]);
  expect(JSON.parse(blocks[0].arguments)).toEqual({ port: 'Saint-Malo "Ô" 🌊' });
  expect(blocks[0].result).toBeNull();
});

test("sends an early block whose JSON is whole and whose arguments are not", async () => {
  const tools = [{ type: "function", function: { name: "get_tide", parameters: { properties: { port: {} } } } }];
  const frames = await ask("The tide in Brest?", { tools });
  const first = frames.find(({ data }) => data.phase === "tool_call")!;
  const { metadata } = JSON.parse(/<glm_block >(.*)<\/glm_block>/.exec(first.data.edit_content!)![1]!).data;
  expect(() => JSON.parse(metadata.arguments)).toThrow();
  expect(frames.find(({ data }) => data.usage !== undefined)!.data.phase).toBe("other");
});

test("refuses a guest's picture inside the stream, and takes a user's", async () => {
  const content = [{ type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } }];
  const body = { model: "glm-4.5v", messages: [{ role: "user", content }] };
  expect(JSON.stringify(await ask("", body))).toContain("something went wrong");
  expect(grow(await ask("", body, "a.user.token"))).toContain("I see 1 thing");
  expect(simulator.violations()).toEqual([]);
});

const wrong: [string, object][] = [
  ["no stream", { stream: false }],
  ["no chat id", { chat_id: undefined }],
  ["a public model name", { model: "GLM-4.5" }],
  ["a tool's message", { messages: [{ role: "tool", content: "4.2 metres" }] }],
  ["calls in the history", { messages: [{ role: "assistant", content: "", tool_calls: [] }] }],
];

for (const [what, body] of wrong) {
  test(`remembers a request with ${what}`, async () => {
    await (await post("hi", body)).text();
    expect(simulator.violations()).toHaveLength(1);
  });
}

interface Frame {
  data: { phase?: string; delta_content?: string; edit_index?: number; edit_content?: string; usage?: object };
}

/** The document, as the site's own page would hold it. */
function grow(frames: Frame[]): string {
  let text: string[] = [];
  for (const { data } of frames) {
    if (data.edit_content) text = [...text.slice(0, data.edit_index), ...data.edit_content];
    if (data.delta_content) text.push(...data.delta_content);
  }
  return text.join("");
}

async function ask(question: string, more: object = {}, bearer = guest): Promise<Frame[]> {
  const said = await events(await post(question, more, bearer));
  return said.filter((text) => !text.includes("[DONE]")).map((text) => JSON.parse(text));
}

function post(question: string, more: object, bearer = guest): Promise<Response> {
  const messages = [{ role: "user", content: question }];
  const usual = { stream: true, chat_id: "c-1", id: "m-1", model: "0727-360B-API", messages };
  return send(simulator.webUrl, { ...usual, features: { enable_thinking: true }, ...more }, { bearer });
}
