import { expect, test } from "bun:test";
import { Unsent } from "~/http/unsent.ts";

const parts = [
  Buffer.from("POST / HTTP/1.1\r\nx-name: é\r\n\r\n", "latin1"),
  '{"a":"',
  "a".repeat(300_001),
  "潮🌊é".repeat(60_000),
  "",
  Buffer.alloc(70_000, "b"),
  new Uint8Array(),
  "🌊".repeat(100_000),
  Buffer.alloc(5, "c"),
  '"}',
];
const whole = Buffer.concat(parts.map((part) => Buffer.from(part as string)));

/** Sends them over a socket that takes so many bytes at a time. */
function send(given: (string | Uint8Array)[], most: number): { sent: Buffer; writes: number } {
  const unsent = new Unsent(given);
  const sent: Buffer[] = [];
  for (let bytes = unsent.next(); bytes !== null; bytes = unsent.next()) {
    const taken = Math.min(most, bytes.length);
    sent.push(Buffer.from(bytes.subarray(0, taken)));
    unsent.took(taken);
    // Another request has come in between.
    new Unsent(["x".repeat(200_000)]).next();
  }
  expect(unsent.isEmpty).toBe(true);
  return { sent: Buffer.concat(sent), writes: sent.length };
}

test("texts and bytes leave in their order, whatever a socket takes of them", () => {
  for (const most of [777, 65_536, 1_000_003]) expect(send(parts, most).sent.equals(whole)).toBe(true);
});

test("a small request is one write, and a large one few", () => {
  expect(send(["POST / HTTP/1.1\r\n\r\n", "{", "}"], 1e6).writes).toBe(1);
  expect(send(["潮".repeat(1_000_000)], 1e6).writes).toBeLessThan(20);
  expect(send(Array(10_000).fill("a piece of words"), 1e6).writes).toBe(1);
});

test("nothing to send is nothing", () => {
  expect(new Unsent([]).next()).toBeNull();
  expect(new Unsent([""]).next()).toBeNull();
});
