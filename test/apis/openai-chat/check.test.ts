import { expect, test } from "bun:test";
import { check } from "~/apis/openai-chat/check.ts";
import { GatewayError } from "~/errors.ts";

const user = { role: "user", content: "High water?" };
const call = (id: string) => ({ id, type: "function", function: { name: "get_tide", arguments: "{}" } });
const calls = (...ids: string[]) => ({ role: "assistant", content: null, tool_calls: ids.map(call) });
const result = (tool_call_id: string) => ({ role: "tool", tool_call_id, content: "04:12" });

function paramOf(...messages: object[]): string | null {
  try {
    check({ model: "glm-4.7", messages });
    return null;
  } catch (error) {
    if (error instanceof GatewayError) return error.param;
    throw error;
  }
}

test("takes results of calls that were made before, in any order and at any distance", () => {
  expect(paramOf(user, calls("a", "b"), result("b"), result("a"), user, result("a"))).toBeNull();
});

test("names the result that answers no call", () => {
  expect(paramOf(user, result("a"))).toBe("messages[1].tool_call_id");
  expect(paramOf(user, calls("a"), result("b"))).toBe("messages[2].tool_call_id");
  expect(paramOf(user, result("a"), calls("a"))).toBe("messages[1].tool_call_id");
});

test("takes an assistant's turn without words, however it is written", () => {
  for (const content of [null, undefined, "", []])
    expect(paramOf(user, { ...calls("a"), content }, result("a"))).toBeNull();
});

const parts: [says: string, part: object, param: string | null][] = [
  ["an address", { type: "image_url", image_url: { url: "https://a.example/cat.png" } }, null],
  ["an address alone", { type: "image_url", image_url: "https://a.example/cat.png" }, null],
  ["data", { type: "video_url", video_url: { url: "data:video/mp4;base64,AAAA" } }, null],
  ["a document", { type: "document_url", document_url: { url: "data:application/pdf;base64,AAAA" } }, null],
  ["speech", { type: "input_audio", input_audio: { data: "AAAA", format: "wav" } }, null],
  ["a file", { type: "file", file: { file_data: "data:text/plain;base64,AAAA" } }, null],
  ["a file of this machine", { type: "image_url", image_url: { url: "file:///etc/passwd" } }, "image_url.url"],
  ["a page for a document", { type: "file_url", file_url: { url: "data:text/html,x" } }, "file_url.url"],
  ["sound for a picture", { type: "image_url", image_url: { url: "data:audio/wav;base64,AA" } }, "image_url.url"],
  ["no address", { type: "audio_url", audio_url: {} }, "audio_url.url"],
];
for (const [says, part, param] of parts) {
  test(`${param === null ? "takes" : "refuses"} ${says}`, () => {
    expect(paramOf({ role: "user", content: [part] })).toBe(param && `messages[0].content[0].${param}`);
  });
}
