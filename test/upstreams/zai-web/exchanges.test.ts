import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ChatDelta, ThinkMode } from "~/chat/chat.ts";
import { showMessageThinking, showThinking } from "~/chat/think.ts";
import { GatewayError } from "~/errors.ts";
import { collectFrom } from "~/gateway/gather.ts";
import type { Telling } from "~/upstreams/upstream.ts";
import { zaiWeb } from "~/upstreams/zai-web/index.ts";
import type { Sink } from "~/wire/sink.ts";
import { readEvents, type SseEvent } from "~/wire/sse.ts";
import { inReads, through } from "../../helpers/through.ts";
import { type Seen, see, telling, words } from "./telling.ts";

/** `expected.json` of an exchange: deltas of the stream and message of the whole answer, by think mode. */
interface Expected {
  finish?: string | null;
  usage?: object;
  error?: { kind: string; upstreamCode: string };
  stream: Partial<Record<ThinkMode, ChatDelta[]>>;
  whole: Partial<Record<ThinkMode, ChatDelta | null>>;
}

const folder = join(import.meta.dir, "../../exchanges");

for (const name of readdirSync(folder).filter((name) => name.startsWith("zai-web-"))) {
  const read = (file: string) => readFileSync(join(folder, name, file));
  const request = JSON.parse(read("request.json").toString());
  const expected: Expected = JSON.parse(read("expected.json").toString());
  const bytes = new Uint8Array(read("upstream.sse"));

  describe(name, () => {
    for (const [mode, deltas] of entries(expected.stream)) {
      test(`streams in mode ${mode}`, async () => {
        const seen = await stream(telling(request, { thinkMode: mode }), [bytes]);
        expect(seen.deltas).toEqual(deltas);
        expect(seen.finish).toBe((expected.finish ?? null) as Seen["finish"]);
        expect(seen.usage).toEqual((expected.usage ?? null) as Seen["usage"]);
        expectError(seen.error, expected);
      });
    }

    for (const [mode, message] of entries(expected.whole)) {
      test(`is whole in mode ${mode}`, async () => {
        const told = telling(request, { stream: false, thinkMode: mode });
        const answer = collectFrom(inReads([bytes]), zaiWeb.chat, told);
        const completion = await answer.catch((error) => error as Error);
        if (!message || completion instanceof Error) {
          expectError(completion as GatewayError, expected);
          return;
        }
        expect(completion).not.toBeNull();
        const [choice] = completion!.choices;
        const { refusal: _, role, ...said } = showMessageThinking(choice!.message, mode);
        expect(said).toEqual(message);
        expect(role).toBe("assistant");
        expect(choice!.finish_reason).toBe((expected.finish ?? null) as Seen["finish"]);
        expect(completion!.usage).toEqual(expected.usage as Seen["usage"]);
      });
    }

    test("is the same wherever the network cuts it", async () => {
      for (const thinkMode of ["reasoning", "raw"] as const) {
        const told = telling(request, { thinkMode });
        const uncut = await stream(told, [bytes]);
        for (let at = 1; at < bytes.length; at++) {
          expect(await stream(told, [bytes.subarray(0, at), bytes.subarray(at)])).toEqual(uncut);
        }
        expect(
          await stream(
            told,
            Array.from(bytes, (_, i) => bytes.subarray(i, i + 1)),
          ),
        ).toEqual(uncut);
      }
    });

    test("never looks whole when the upstream stops early", async () => {
      const told = telling(request);
      const whole = await stream(told, [bytes]);
      const end = new TextDecoder().decode(bytes).indexOf('"done":true');
      const endByte =
        end < 0 ? bytes.length : new TextEncoder().encode(new TextDecoder().decode(bytes).slice(0, end)).length;
      for (let at = 0; at <= endByte; at++) {
        const seen = await stream(told, [bytes.subarray(0, at)]);
        expect(seen.finish).toBeNull();
        expect(words(whole, "reasoning_content")).toStartWith(words(seen, "reasoning_content"));
      }
    });
  });
}

function stream(told: Telling, reads: Uint8Array[]): Promise<Seen> {
  const { thinkMode } = told.ask;
  const steps = (next: Sink<SseEvent>) => {
    const shown = thinkMode === "reasoning" ? next : showThinking(next, thinkMode);
    return readEvents(zaiWeb.chat.stream(shown, told));
  };
  return see(through(inReads(reads), steps), told);
}

function expectError(error: GatewayError | null, { error: expected }: Expected): void {
  if (!expected) expect(error).toBeNull();
  else {
    expect(error).toBeInstanceOf(GatewayError);
    expect(error).toMatchObject(expected);
  }
}

function entries<T>(byMode: Partial<Record<ThinkMode, T>>): [ThinkMode, T][] {
  return Object.entries(byMode) as [ThinkMode, T][];
}
