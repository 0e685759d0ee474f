import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { ChatChunk, ChatCompletion, ChatDelta } from "~/chat/chat.ts";
import { GatewayError } from "~/errors.ts";
import { dialectsByName } from "~/upstreams/index.ts";
import type { Telling } from "~/upstreams/upstream.ts";
import type { Sink } from "~/wire/sink.ts";
import { readEvents, type SseEvent } from "~/wire/sse.ts";
import { inReads, through } from "../helpers/through.ts";
import { tellingFor } from "./telling.ts";

/** `expected.json`: what the chat door makes of `upstream.sse` and, where it is there, of `upstream.json`. */
interface Expected {
  /** Deltas behind the role; the finish chunk's own only where it says something. */
  stream: ChatDelta[];
  finish: string | null;
  usage?: object;
  error?: string;
  whole?: { message: ChatDelta; finish: string };
}

const folder = join(import.meta.dir, "../exchanges");

for (const name of readdirSync(folder).filter((name) => /^(zai|openai)-chat-/.test(name))) {
  const dialect = dialectsByName[name.startsWith("zai") ? "zai" : "openai"];
  const read = (file: string) => readFileSync(join(folder, name, file));
  const request = JSON.parse(read("request.json").toString());
  const expected: Expected = JSON.parse(read("expected.json").toString());
  const bytes = new Uint8Array(read("upstream.sse"));
  const told = tellingFor(dialect, request);
  const stream = (...reads: Uint8Array[]) => {
    const steps = (next: Sink<SseEvent>) => readEvents(dialect.chat.stream(next, told));
    return hear(through(inReads(reads), steps), told);
  };

  describe(name, () => {
    test("streams", async () => {
      const heard = await stream(bytes);
      expect(heard.deltas).toEqual(expected.stream);
      expect(heard.finish).toEqual(expected.finish);
      expect(heard.usage as object).toEqual((expected.usage ?? null) as object);
      expect(heard.error?.kind ?? null).toBe((expected.error ?? null) as never);
    });

    test("is the same wherever the network cuts it", async () => {
      const uncut = await stream(bytes);
      for (let at = 1; at < bytes.length; at++) {
        expect(await stream(bytes.subarray(0, at), bytes.subarray(at))).toEqual(uncut);
      }
      expect(await stream(...Array.from(bytes, (_, i) => bytes.subarray(i, i + 1)))).toEqual(uncut);
    });

    test("never looks whole when the upstream stops before its finish", async () => {
      const finish = new TextDecoder().decode(bytes).lastIndexOf('"finish_reason":"');
      for (let at = 0; at < finish; at += 3) expect((await stream(bytes.subarray(0, at))).finish).toBeNull();
    });

    if (existsSync(join(folder, name, "upstream.json"))) {
      test("is whole", async () => {
        const whole = tellingFor(dialect, request, { stream: false });
        const completion: ChatCompletion = JSON.parse(
          await dialect.chat.completion(read("upstream.json").toString(), whole),
        );
        const [choice] = completion.choices;
        expect(choice!.message).toEqual(expected.whole!.message);
        expect(choice!.finish_reason as string).toBe(expected.whole!.finish);
        expect(completion.model).toBe(request.model);
      });
    }
  });
}

interface Heard {
  deltas: ChatDelta[];
  finish: string | null;
  usage: object | null;
  error: GatewayError | null;
}

/** Reads as a strict client does: whatever breaks the rules of a chunk throws. */
async function hear(batches: AsyncIterable<{ data: string }[]>, { ask }: Telling): Promise<Heard> {
  const heard: Heard = { deltas: [], finish: null, usage: null, error: null };
  let hasRole = false;
  try {
    for await (const batch of batches) {
      for (const { data } of batch) {
        const chunk = JSON.parse(data) as ChatChunk;
        if (chunk.model !== ask.model) throw new Error(`the model ${chunk.model}`);
        if (chunk.usage) heard.usage = chunk.usage;
        const [choice] = chunk.choices;
        if (!choice) continue;
        if (heard.finish) throw new Error("words behind the finish");
        if (choice.finish_reason === undefined) throw new Error("no finish reason, not even null");
        const { role, ...delta } = choice.delta;
        if (role && hasRole) throw new Error("the role twice");
        hasRole ||= role !== undefined;
        if (Object.keys(delta).length > 0) heard.deltas.push(delta);
        heard.finish = choice.finish_reason;
      }
    }
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) throw thrown;
    heard.error = thrown;
  }
  return heard;
}
