import { describe, expect, test } from "bun:test";
import { createShortcut } from "~/chat/shortcut.ts";

const said = (words: string) => `{"id":7,"choices":[{"delta":{"role":"assistant","content":${words}}}]}`;
const told = (words: string) => `{"id":"ours","choices":[{"delta":{"content":${words}},"finish_reason":null}]}`;

describe("a shortcut", () => {
  const shortcut = createShortcut();

  test("knows nothing before it has learnt", () => {
    expect(shortcut.take(said('"a"'))).toBeNull();
  });

  test("edits as the last event was edited, whatever the words", () => {
    shortcut.learn(said('"a \\"quoted\\" one"'), told('"a \\"quoted\\" one"'));
    for (const words of [
      " word",
      "你好 🙂",
      "line\nline",
      'a "quote"',
      "back\\slash",
      "\u2028",
      "}]}",
      '"}}]}',
      "\x7f",
    ]) {
      const event = { data: told(JSON.stringify(words)), words: { field: "content" as const, text: words } };
      expect(shortcut.take(said(JSON.stringify(words)))).toEqual(event);
    }
    const escaped = '"\\u4f60\\u597d"';
    const event = { data: told(escaped), words: { field: "content" as const, text: "你好" } };
    expect(shortcut.take(said(escaped))).toEqual(event);
  });

  test("learns nothing of an event that thinks and answers at once", () => {
    const both = said('"a","reasoning_content":"b"');
    shortcut.learn(both, both);
    expect(shortcut.take(said('"c","reasoning_content":"b"'))).toBeNull();
  });

  test("leaves to the long way what may be more than words", () => {
    shortcut.learn(said('"a"'), told('"a"'));
    const other = [
      said('""'),
      said('"a <think> tag"'),
      said('"a \\u003cthink> tag"'),
      said('"a \\u003Cthink> tag"'),
      said('"a","tool_calls":[]'),
      said('"a","x":"b"'),
      said('"cut'),
      said('"cut\\"'),
      said('"no \\x escape"'),
      said('"a \t tab"'),
      said('"a"').replace("7", "8"),
      said('"a"').replace("content", "reasoning_content"),
      said('"a"').replace("}]}", '}],"usage":{}}'),
      said('"a"').slice(0, -1),
      "[DONE]",
    ];
    for (const text of other) expect([text, shortcut.take(text)]).toEqual([text, null]);
  });

  test("forgets when an event has no words to learn from", () => {
    shortcut.learn(said('"a"'), told('"a"'));
    shortcut.learn('{"choices":[]}', '{"choices":[]}');
    expect(shortcut.take(said('"a"'))).toBeNull();
  });
});
