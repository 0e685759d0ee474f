import { expect, test } from "bun:test";
import { editJson } from "~/chat/edit.ts";
import { estimatedUsage, estimateTokens, readUsage } from "~/chat/usage.ts";

const text = ' {\n "model" : "tide", "n":1e2, "big": 12345678901234567890, "words":"a\\u00e9潮" }';

test("hands a text on that needs no change", () => {
  expect(editJson(text, JSON.parse(text), { model: "tide", absent: undefined })).toBe(text);
});

test("edits bytes as it edits text", () => {
  const bytes = new TextEncoder().encode(text);
  expect(editJson(bytes, JSON.parse(text), { model: "tide" })).toBe(bytes);
  const added = editJson(bytes, JSON.parse(text), { stream: true });
  const pieces = [added].flat().map((piece) => Buffer.from(piece as string));
  expect(Buffer.concat(pieces).toString()).toBe(editJson(text, JSON.parse(text), { stream: true }) as string);
});

test("puts new fields in front of what was sent, and touches no character of that", () => {
  const edited = editJson(text, JSON.parse(text), { stream: true, "a,b": { c: "🌊" } });
  expect(edited).toBe(` {"stream":true,"a,b":{"c":"🌊"},${text.slice(2)}`);
  expect(JSON.parse(editJson("{ }", {}, { a: 1 }) as string)).toEqual({ a: 1 });
});

test("changes and takes out fields", () => {
  const edited = JSON.parse(editJson(text, JSON.parse(text), { model: "moon", n: undefined }) as string);
  expect(edited).toMatchObject({ model: "moon", words: "aé潮" });
  expect(edited).not.toHaveProperty("n");
});

test("reads usage, and takes what is none for none", () => {
  const usage = {
    prompt_tokens: 18,
    completion_tokens: 31,
    total_tokens: 49,
    prompt_tokens_details: { cached_tokens: 4 },
    completion_tokens_details: { reasoning_tokens: 7 },
  };
  expect(readUsage(usage)).toEqual({ in: 18, out: 31, cached: 4, reasoning: 7 });
  expect(readUsage({ prompt_tokens: 0, completion_tokens: 0 })).toEqual({ in: 0, out: 0, cached: 0, reasoning: 0 });
  expect(readUsage({ prompt_tokens: -3, completion_tokens: 2.6 })).toEqual({ in: 0, out: 3, cached: 0, reasoning: 0 });
  for (const none of [null, undefined, 5, "many", {}, { prompt_tokens: "18" }]) expect(readUsage(none)).toBeNull();
});

test("estimates roughly, and says that it does", () => {
  expect(estimateTokens([""])).toBe(0);
  expect(estimateTokens(["four letters", " more"])).toBe(5);
  expect(estimateTokens(["今天的潮水"])).toBe(4);
  expect(estimatedUsage({ in: 3, out: 4 })).toEqual({
    prompt_tokens: 3,
    completion_tokens: 4,
    total_tokens: 7,
    estimated: true,
  });
});
