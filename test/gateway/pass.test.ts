import { describe, expect, test } from "bun:test";
import { own } from "~/apis/openai-chat/own.ts";
import { GatewayError } from "~/errors.ts";
import { Watcher } from "~/gateway/observe.ts";
import { passBytes } from "~/gateway/pass.ts";
import type { Piece } from "~/wire/sink.ts";

const say = (content: string) =>
  `data: {"id":"c1","choices":[{"index":0,"delta":{"content":${JSON.stringify(content)}},"finish_reason":null}]}\n\n`;
const words = ["Grüße", " aus", " 北京", " 🙂", ' "finish_reason": "no"', " and [DONE]", "."].map(say);
const role = 'data: {"id":"c1","choices":[{"index":0,"delta":{"role":"assistant"},"finish_reason":null}]}\n\n';
const ping = ": still here\n\n";
const finish = 'data: {"id":"c1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n';
const usage = 'data: {"id":"c1","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":7}}\n\n';
const done = "data: [DONE]\n\n";

describe("a stream passed as bytes", () => {
  const text = role + words.join("") + ping + finish + usage + done;

  test("loses nothing but the usage that nobody asked for, wherever the network cuts it", async () => {
    const whole = Buffer.from(text);
    for (let cut = 1; cut < whole.length; cut++) {
      const { kept, final, watcher } = await pass([whole.subarray(0, cut), whole.subarray(cut)]);
      expect(kept).toBe(role + words.join("") + ping + finish);
      expect(final).toBe(done);
      expect(watcher.isFinished).toBe(true);
      expect(watcher.usage).toMatchObject({ in: 3, out: 7 });
      expect(watcher.firstTokenTick).toBeGreaterThan(0);
    }
  });

  test("written with blanks where few put them it is the same", async () => {
    const odd = text.replaceAll('":', '" : ').replaceAll('\\" : ', '\\":');
    const { kept, final, watcher } = await pass([Buffer.from(odd)]);
    expect([kept.includes('"finish_reason" : "stop"'), final]).toEqual([true, done]);
    expect(kept).not.toContain('"usage"');
    expect([watcher.isFinished, watcher.usage?.out]).toEqual([true, 7]);
  });

  test("byte by byte, and with CRLF, it is the same", async () => {
    const crlf = text.replaceAll("\n", "\r\n");
    const { kept, final } = await pass([...Buffer.from(crlf)].map((byte) => Uint8Array.of(byte)));
    expect(kept).toBe((role + words.join("") + ping + finish).replaceAll("\n", "\r\n"));
    expect(final).toBe("data: [DONE]\r\n\r\n");
  });

  test("keeps the usage for a client that asked", async () => {
    expect((await pass([Buffer.from(text)], true)).kept).toBe(role + words.join("") + ping + finish + usage);
  });

  test("hands the very bytes on while there are only words", async () => {
    const read = Buffer.from(words.join(""));
    const { pieces } = await pass([Buffer.from(role + words[0]!), read, Buffer.from(finish + done)]);
    expect(pieces[1]).toEqual(new Uint8Array(read));
    expect(pieces[1]!.buffer).toBe(read.buffer);
  });

  test("stops at an error with what came before it", async () => {
    const error = 'data: {"error":{"message":"over 负载"}}\n\n';
    const { kept, thrown } = await pass([Buffer.from(role + words.join("") + error + words[0]!)]);
    expect(kept).toBe(role + words.join(""));
    expect(thrown?.message).toBe('{"error":{"message":"over 负载"}}');
  });

  test("supplies the end mark, and takes a last event without its blank line", async () => {
    const { kept, final } = await pass([Buffer.from((role + words.join("") + finish).trimEnd())]);
    expect(kept).toBe(role + words.join("") + finish);
    expect(final).toBe(done);
  });

  test("cuts a line that clients could not take into several", async () => {
    const { kept } = await pass([Buffer.from(role + words[0]!), Buffer.from(say("长".repeat(40_000)) + finish + done)]);
    const lines = kept.split("\n\n").filter((line) => line !== "");
    expect(lines.length).toBeGreaterThan(4);
    expect(Math.max(...lines.map((line) => Buffer.byteLength(line)))).toBeLessThan(65_536);
    const said = lines.map((line) => JSON.parse(line.slice(6)).choices[0].delta.content ?? "").join("");
    expect(said).toBe(`Grüße${"长".repeat(40_000)}`);
  });
});

describe("an event that comes in many small reads", () => {
  const inSmallReads = (text: string) => {
    const bytes = Buffer.from(text);
    return Array.from({ length: Math.ceil(bytes.length / 8) }, (_, i) => bytes.subarray(i * 8, i * 8 + 8));
  };

  test("is read once, not again with each of them", async () => {
    const long = say("长".repeat(300_000));
    const { kept, final, watcher } = await pass(inSmallReads(role + long + finish + done));
    const said = kept.split("\n\n").map((line) => line && (JSON.parse(line.slice(6)).choices[0].delta.content ?? ""));
    expect(said.join("")).toBe("长".repeat(300_000));
    expect(final).toBe(done);
    expect(watcher.isFinished).toBe(true);
  });

  test("is nobody's where its connection ends in the middle of it", async () => {
    const cut = `${words[1]}`.slice(0, 60);
    const unfinished = await pass([Buffer.from(role + words[0]! + cut)]);
    expect(unfinished.kept).toBe(role + words[0]!);
    const finished = await pass([Buffer.from(role + words[0]! + finish + cut)]);
    expect(finished.kept).toBe(role + words[0]! + finish);
    expect(finished.final).toBe(done);
    const whole = await pass([Buffer.from(role + words[0]! + words[1]!.trimEnd())]);
    expect(whole.kept).toBe(role + words[0]! + words[1]!);
  });

  test("is given up where it does not end, and nothing more is read of it", async () => {
    let reads = 0;
    async function* endless() {
      yield Buffer.from(role + words[0]!);
      for (;;) {
        reads++;
        yield Buffer.alloc(64 * 1024, "x");
      }
    }
    const { kept, thrown } = await pass(endless());
    expect(kept).toBe(role + words[0]!);
    expect(thrown).toMatchObject({ kind: "upstream_error", message: expect.stringContaining("without an end") });
    expect(reads).toBeLessThan(140);
  });
});

async function pass(reads: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, keepUsage = false) {
  let tick = 0;
  const watcher = new Watcher(own, { tick: () => ++tick });
  const failure = (text: string) => new GatewayError("upstream_error", text);
  const pieces: Uint8Array[] = [];
  let final = "";
  let thrown: Error | null = null;
  const outlet = {
    say: (piece: Piece) => void pieces.push(piece as Uint8Array),
    end: (last: Piece) => {
      final = Buffer.from(last as Uint8Array).toString();
    },
  };
  const steps = passBytes(outlet, own, { watcher, keepUsage, mustCall: false, upstream: "harbour", failure });
  try {
    for await (const read of reads) {
      steps.take(read);
      if (final !== "") break;
    }
    if (final === "") steps.end();
  } catch (error) {
    thrown = error as Error;
  }
  return { kept: Buffer.concat(pieces).toString(), pieces, final, thrown, watcher };
}
