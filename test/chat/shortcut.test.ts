import { describe, expect, test } from "bun:test";
import { createShortcut } from "~/chat/shortcut.ts";
import type { SseEvent } from "~/wire/sse.ts";

const said = (words: string) => `{"id":7,"choices":[{"delta":{"role":"assistant","content":${words}}}]}`;
const told = (words: string) => `{"id":"ours","choices":[{"delta":{"content":${words}},"finish_reason":null}]}`;

describe("a shortcut", () => {
  const shortcut = createShortcut();
  const [head, tail] = told('"|"').split("|") as [string, string];
  const around = { head, field: "content" as const, tail };

  /** What it makes of a stream's text from `from` on, and how far it goes. */
  function run(text: string, from = 0): { until: number; events: SseEvent[] } {
    const events: SseEvent[] = [];
    const until = shortcut.run(text, from, { take: (event) => events.push(event), end: () => {} });
    return { until, events };
  }

  /** One event alone, which it takes whole or not at all. */
  function take(data: string): SseEvent | null {
    const { until, events } = run(`data: ${data}\n\n`);
    expect([events.length, until]).toEqual(events.length === 0 ? [0, 0] : [1, data.length + "data: \n\n".length]);
    return events[0] ?? null;
  }

  test("knows nothing before it has learnt", () => {
    expect(take(said('"a"'))).toBeNull();
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
      const data = told(JSON.stringify(words));
      expect(take(said(JSON.stringify(words)))).toEqual({ data, words: { text: words, around }, weight: data.length });
    }
    const escaped = '"\\u4f60\\u597d"';
    const data = told(escaped);
    expect(take(said(escaped))).toEqual({ data, words: { text: "你好", around }, weight: data.length });
  });

  test("takes all that stand in a row at once, up to the first that is another or has not come to its end", () => {
    const lines = (...words: string[]) => words.map((some) => `data: ${said(some)}\n\n`).join("");
    const three = lines('"one"', '" \\ud83d"', '"\\ude42 three"');
    const data = told('"one \\ud83d\\ude42 three"');
    const event = { data, words: { text: "one 🙂 three", around }, weight: data.length + 2 * told('""').length };
    const rests = [
      "",
      "data: [DONE]\n\n",
      lines('"a <b"', '"c"'),
      lines('""'),
      lines('"cut"').slice(0, -1),
      lines('"cut"').slice(0, 20),
    ];
    for (const rest of rests) {
      const whole = { until: three.length, events: [event] };
      expect(run(three + rest)).toEqual(whole);
      expect(run(`: before\n\n${three}${rest}`, 10)).toEqual({ ...whole, until: three.length + 10 });
    }
  });

  test("learns nothing of an event that thinks and answers at once", () => {
    const both = said('"a","reasoning_content":"b"');
    shortcut.learn(both, both);
    expect(take(said('"c","reasoning_content":"b"'))).toBeNull();
  });

  test("learns nothing of an event that tells how likely its words were", () => {
    const likely = said('"a"').replace("}]}", '},"logprobs":{"content":[]}]}');
    shortcut.learn(likely, likely);
    expect(take(likely)).toBeNull();
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
    for (const text of other) expect([text, take(text)]).toEqual([text, null]);
  });

  test("forgets when an event has no words to learn from", () => {
    shortcut.learn(said('"a"'), told('"a"'));
    shortcut.learn('{"choices":[]}', '{"choices":[]}');
    expect(take(said('"a"'))).toBeNull();
  });
});
