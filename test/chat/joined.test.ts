import { expect, test } from "bun:test";
import { Joined, wordsEvent } from "~/chat/joined.ts";
import type { Around, SseEvent } from "~/wire/sse.ts";

const answer: Around = { head: '{"content":"', field: "content", tail: '"}' };
const thinking: Around = { head: '{"reasoning_content":"', field: "reasoning_content", tail: '"}' };

function join() {
  const told: string[] = [];
  const joined = new Joined({ take: ({ data }: SseEvent) => told.push(data), end: () => told.push("end") });
  return { joined, told };
}

test("words that came together are told together, in order with everything else", () => {
  const { joined, told } = join();
  for (const text of ["a", "b\n"]) joined.take(wordsEvent(thinking, text));
  for (const text of ["c", "d"]) joined.take(wordsEvent(answer, text));
  joined.take({ data: "a call" });
  joined.take(wordsEvent(answer, "e"));
  joined.end();
  expect(told).toEqual(['{"reasoning_content":"ab\\n"}', '{"content":"cd"}', "a call", '{"content":"e"}', "end"]);
});

test("nothing waits for what has not come yet", () => {
  const { joined, told } = join();
  joined.take(wordsEvent(answer, "a"));
  expect(told).toEqual([]);
  joined.rest();
  expect(told).toEqual(['{"content":"a"}']);
  joined.rest();
  joined.take(wordsEvent(answer, "b"));
  joined.rest();
  expect(told).toEqual(['{"content":"a"}', '{"content":"b"}']);
});

test("however much comes at once, no event grows long", () => {
  const { joined, told } = join();
  const texts = Array.from({ length: 3000 }, (_, index) => ` word${index}`);
  for (const text of texts) joined.take(wordsEvent(answer, text));
  joined.end();
  const events = told.slice(0, -1).map((data) => JSON.parse(data).content as string);
  expect(events.join("")).toBe(texts.join(""));
  expect(events.length).toBeLessThan(20);
  for (const event of events) expect(event.length).toBeLessThan(2100);
});
