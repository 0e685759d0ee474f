import { describe, expect, test } from "bun:test";
import { createParser } from "eventsource-parser";
import { readEvents, type SseEvent, writeEvent } from "~/wire/sse.ts";
import { through } from "../helpers/through.ts";

const encoder = new TextEncoder();

async function* pieces(bytes: Uint8Array, ...cuts: number[]): AsyncGenerator<Uint8Array> {
  let start = 0;
  for (const cut of [...cuts, bytes.length]) {
    yield bytes.subarray(start, cut);
    start = cut;
  }
}

async function read(body: AsyncIterable<Uint8Array>): Promise<SseEvent[]> {
  const events: SseEvent[] = [];
  for await (const made of through(body, readEvents)) events.push(...made);
  return events;
}

const streams = {
  "plain lines": 'data: {"a":1}\n\ndata: {"b":"é — 你好 🌊"}\n\ndata: [DONE]\n\n',
  "CRLF lines": 'data: {"a":1}\r\n\r\nevent: x\r\ndata: {"b":"é"}\r\n\r\n',
  "CR lines": "data: one\r\rdata: two\r\r",
  "no space, comments, ids and several data lines":
    ": hi\n\ndata:one\ndata: two\nid: 7\nretry: 10\n\nevent: e\ndata\n\n",
  "a byte order mark": "\uFEFFdata: one\n\n",
};

describe("reading events", () => {
  for (const [name, text] of Object.entries(streams)) {
    test(`gives the same events wherever the network cuts: ${name}`, async () => {
      const bytes = encoder.encode(text);
      const expected: SseEvent[] = [];
      const oracle = createParser({
        onEvent: ({ event, data }) => expected.push(event === undefined ? { data } : { event, data }),
      });
      oracle.feed(text);

      for (let cut = 0; cut <= bytes.length; cut++) {
        expect(await read(pieces(bytes, cut))).toEqual(expected);
      }
      expect(await read(pieces(bytes, ...Array.from({ length: bytes.length }, (_, i) => i + 1)))).toEqual(expected);
    });
  }

  test("counts a last event whose blank line never came", async () => {
    expect(await read(pieces(encoder.encode("data: one\n\ndata: two")))).toEqual([{ data: "one" }, { data: "two" }]);
    expect(await read(pieces(encoder.encode("data: one\r\n\r\ndata: two\r\n")))).toEqual([
      { data: "one" },
      { data: "two" },
    ]);
  });

  test("hands over at once what a read brought", async () => {
    const batches: SseEvent[][] = [];
    const body = pieces(encoder.encode("data: 1\n\ndata: 2\n\ndata: 3\n\n"), 18);
    for await (const batch of through(body, readEvents)) {
      batches.push(batch);
    }
    expect(batches).toEqual([[{ data: "1" }, { data: "2" }], [{ data: "3" }]]);
  });

  test("refuses an event that never ends", async () => {
    async function* endless() {
      const piece = encoder.encode("x".repeat(1024 * 1024));
      for (let i = 0; i < 20; i++) yield piece;
    }
    expect(read(endless())).rejects.toThrow("without an end");
  });
});

test("writes what it reads", async () => {
  const events: SseEvent[] = [{ data: "{}" }, { event: "error", data: "a\nb" }];
  expect(await read(pieces(encoder.encode(events.map(writeEvent).join(""))))).toEqual(events);
});
