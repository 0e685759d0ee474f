import { expect, test } from "bun:test";
import type { ChatChunk } from "~/chat/chat.ts";
import { cutAtStop, endAtStops, stopsOf } from "~/chat/stop.ts";
import type { Sink } from "~/wire/sink.ts";
import type { SseEvent } from "~/wire/sse.ts";
import { through } from "../helpers/through.ts";

const chunk = (delta: object, finish_reason: string | null = null): SseEvent => ({
  data: JSON.stringify({ id: "1", choices: [{ index: 0, delta, finish_reason }] }),
});

async function said(events: SseEvent[], stops: string[]) {
  let isDrained = false;
  async function* reads() {
    yield* events;
    isDrained = true;
  }
  const chunks: ChatChunk[] = [];
  for await (const made of through(reads(), (next: Sink<SseEvent>) => endAtStops(next, stops))) {
    chunks.push(...made.map(({ data }) => JSON.parse(data)));
  }
  return {
    text: chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join(""),
    finish: chunks.map(({ choices }) => choices[0]?.finish_reason ?? null).filter(Boolean),
    usage: chunks.some(({ usage }) => usage),
    isDrained,
  };
}

const stories: [text: string, stops: string[], told: string][] = [
  ["One.\n###\nTwo", ["###", "END"], "One.\n"],
  ["One END ###", ["###", "END"], "One "],
  ["One ## EN # E", ["###", "END"], "One ## EN # E"],
  ["aab🌊", ["ab", "🌊"], "a"],
  ["STOP", ["STOP", "x"], ""],
  ["ababac", ["abac", "zz"], "ab"],
];
for (const [text, stops, told] of stories) {
  test(`ends ${JSON.stringify(text)} at ${JSON.stringify(stops)}, however it is cut`, async () => {
    expect(cutAtStop(text, stops)).toBe(told === text ? null : told);
    for (let size = 1; size <= text.length; size++) {
      const pieces = text.match(new RegExp(`[\\s\\S]{1,${size}}`, "g"))!;
      const events = [
        chunk({ role: "assistant" }),
        ...pieces.map((content) => chunk({ content })),
        chunk({}, "length"),
      ];
      const usage = { data: '{"id":"1","choices":[],"usage":{"prompt_tokens":1}}' };
      const heard = await said([...events, usage], stops);
      const isCut = told !== text;
      expect(heard).toEqual({ text: told, finish: [isCut ? "stop" : "length"], usage: !isCut, isDrained: !isCut });
    }
  });
}

test("looks for them in the answer alone", async () => {
  const call = { tool_calls: [{ index: 0, function: { arguments: "###" } }] };
  const events = [chunk({ reasoning_content: "a ### b" }), chunk(call), chunk({ content: "c" }, "stop")];
  expect(await said(events, ["###", "x"])).toMatchObject({ text: "c", finish: ["stop"], isDrained: true });
});

test("reads one or several, and none where there are none", () => {
  expect([stopsOf("a"), stopsOf(["a", "", "b"]), stopsOf(null), stopsOf(undefined)]).toEqual([
    ["a"],
    ["a", "b"],
    [],
    [],
  ]);
});
