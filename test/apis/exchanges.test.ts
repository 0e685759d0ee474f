import { describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { createParser } from "eventsource-parser";
import { exchangesFolder, openExchange } from "./exchange.ts";

/** How long a line may be before clients break on it. */
const maxLine = 65_536;

for (const name of readdirSync(exchangesFolder).filter((name) => /^(messages|responses)-/.test(name))) {
  const { sent, bytes, read, hear, hearAtOnce } = openExchange(name);
  const breaks = name.endsWith("-error");

  describe(name, () => {
    test("asks the upstream in its own words", () => {
      const body = JSON.parse(sent.body as string);
      expect({ url: sent.url, body }).toEqual(JSON.parse(read("sent.json")));
    });

    test("tells the client in its own", async () => {
      const heard = await hear(bytes);
      expect(heard.text).toBe(read("client.sse"));
      expect(heard.error !== null).toBe(breaks);
      for (const line of heard.text.split("\n")) expect(line.length).toBeLessThan(maxLine);
    });

    test("is the same wherever the network cuts it", async () => {
      const { text } = await hear(bytes);
      for (let at = 1; at < bytes.length; at++) {
        expect((await hear(bytes.subarray(0, at), bytes.subarray(at))).text).toBe(text);
      }
      expect((await hear(...Array.from(bytes, (_, i) => bytes.subarray(i, i + 1)))).text).toBe(text);
    });

    test("says the same, in fewer events, when all of it comes at once", async () => {
      const one = await hear(bytes);
      const all = await hearAtOnce(bytes);
      expect(inOne(all.text)).toEqual(inOne(one.text));
      expect(parse(all.text).length).toBeLessThanOrEqual(parse(one.text).length);
      expect(all.error).toBe(one.error);
      expect(all.watcher.estimateOutput()).toBe(one.watcher.estimateOutput());
    });

    test("says all that came before it broke off, also when that came at once", async () => {
      const told = new TextDecoder("latin1").decode(bytes);
      // Behind the last letter of an event, whose blank line never comes.
      for (let at = told.indexOf("\n\n"); at >= 0; at = told.indexOf("\n\n", at + 2)) {
        const [one, all] = [await hear(bytes.subarray(0, at + 2)), await hearAtOnce(bytes.subarray(0, at))];
        expect(all.error).toBe(one.error);
        expect(inOne(all.text)).toEqual(inOne(one.text));
      }
    });

    test("is events that a standard reader understands, each with its type", async () => {
      for (const { event, data } of parse((await hear(bytes)).text)) expect(JSON.parse(data).type).toBe(event);
    });

    if (breaks) return;

    test("holds its final frame back, and nothing stands behind it", async () => {
      const { text, final, watcher } = await hear(bytes);
      expect(text).toEndWith(final);
      expect(final).toMatch(/^event: (message_stop|response\.completed|response\.incomplete)\n/);
      expect(watcher.isFinished).toBe(true);
      expect(watcher.usage).not.toBeNull();
    });

    test("never looks whole when the upstream stops early", async () => {
      const { final } = await hear(bytes);
      const told = new TextDecoder("latin1").decode(bytes);
      const finish = Math.max(...finishes.map((mark) => told.lastIndexOf(mark)));
      for (let at = 0; at < finish; at += 31) {
        const heard = await hear(bytes.subarray(0, at));
        expect(heard.error).not.toBeNull();
        expect(heard.text).not.toContain(final);
      }
    });
  });
}

/** Where an upstream says why it stopped. */
const finishes = ['"finish_reason":"', '"stop_reason":"', '"done":true', "response.completed", "response.incomplete"];

/** The events with deltas of one place put together, and without their numbers, of which there are fewer then. */
function inOne(text: string): object[] {
  const told: { place: string; event: Record<string, unknown>; words: string }[] = [];
  for (const { data } of parse(text)) {
    const { sequence_number: _number, ...event } = JSON.parse(data);
    // The event with its words taken out is the place where they belong.
    let words = "";
    const takeOut = (name: string, value: unknown) => {
      if (!wordFields.has(name) || typeof value !== "string") return value;
      words = value;
      return "";
    };
    const isDelta = /delta$/.test(event.type);
    const place = JSON.stringify(event, isDelta ? takeOut : undefined);
    const last = told.at(-1);
    if (isDelta && last?.place === place) last.words += words;
    else told.push({ place, event: JSON.parse(place), words });
  }
  return told;
}

const wordFields = new Set(["delta", "text", "thinking", "partial_json"]);

function parse(text: string): { event?: string; data: string }[] {
  const events: { event?: string; data: string }[] = [];
  const parser = createParser({ onEvent: (event) => events.push(event) });
  parser.feed(text);
  return events;
}
