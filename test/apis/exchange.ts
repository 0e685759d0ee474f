import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Api, ApiName } from "~/apis/api.ts";
import { createApis } from "~/apis/index.ts";
import { chat } from "~/apis/openai-chat/index.ts";
import { toGatewayError } from "~/errors.ts";
import { Watcher } from "~/gateway/observe.ts";
import { tellStream } from "~/gateway/tell-stream.ts";
import { dialectsByName } from "~/upstreams/index.ts";
import type { Dialect, Door, Outgoing, Telling } from "~/upstreams/upstream.ts";
import { holdClock } from "../helpers/clock.ts";
import { inReads } from "../helpers/through.ts";

export const exchangesFolder = join(import.meta.dir, "../exchanges");

/** One story on disk: what a client sent, what the upstream answered, and what is between them. */
export interface Exchange {
  /** The client's request as the upstream gets it. */
  sent: Outgoing;
  bytes: Uint8Array;
  read(file: string): string;
  /** As one hears it to whom each event comes alone, cut as the reads are. */
  hear(...reads: Uint8Array[]): Promise<Heard>;
  /** As one hears it to whom all that a read holds comes at once. */
  hearAtOnce(...reads: Uint8Array[]): Promise<Heard>;
}

export interface Heard {
  /** Everything that goes to the client, the final frame or the error event included. */
  text: string;
  /** What is held back until the row is written. */
  final: string;
  /** The kind of error it ended with; null for a whole answer. */
  error: string | null;
  watcher: Watcher;
}

const bases: Record<string, string> = {
  zai: "https://harbour.example/api/paas/v4",
  openai: "https://harbour.example/v1",
  "zai-web": "https://harbour.example/api/chat/completions",
};

/** `messages-zai-web-thinking`: the API, the dialect, and what it is about. */
export function openExchange(name: string): Exchange {
  const [, apiName, dialectName] = /^(messages|responses)-(zai-web|zai|openai)-/.exec(name)!;
  const read = (file: string) => readFileSync(join(exchangesFolder, name, file), "utf8");
  const api: Api = createApis(holdClock())[apiName as ApiName];
  const dialect: Dialect = dialectsByName[dialectName as "zai"];
  const door: Door = dialect[api.name] ?? dialect.chat;
  const request = read("request.json");
  const ask = api.read(request, new Headers(), { model: "glm-4.7", stream: false, thinkMode: "reasoning" }, 1);
  const model =
    (dialectName === "openai" ? null : dialect.resolve(ask.model)) ?? dialect.resolve(ask.alias ?? ask.model)!;
  const target = { upstream: "harbour", url: bases[dialectName!]!, token: "fake", isGuest: false };
  const telling: Telling = { ask, model, target, id: "chatcmpl-req_tide1", created: 1_758_000_000 };
  return {
    sent: door.ask(telling, 1_758_000_000_000),
    bytes: new Uint8Array(readFileSync(join(exchangesFolder, name, "upstream.sse"))),
    read,
    hear: (...reads) => hear(cutAtEvents(reads), api, dialect, door, telling),
    hearAtOnce: (...reads) => hear(reads, api, dialect, door, telling),
  };
}

/** The same bytes, cut behind each event as well. */
function cutAtEvents(reads: Uint8Array[]): Uint8Array[] {
  const whole = Buffer.concat(reads);
  const cuts = new Set<number>();
  let cut = 0;
  for (const { length } of reads) {
    cut += length;
    cuts.add(cut);
  }
  for (let end = whole.indexOf("\n\n"); end >= 0; end = whole.indexOf("\n\n", end + 2)) cuts.add(end + 2);
  const places = [...cuts].sort((one, other) => one - other);
  return places.map((place, at) => whole.subarray(places[at - 1] ?? 0, place));
}

async function hear(reads: Uint8Array[], api: Api, dialect: Dialect, door: Door, telling: Telling): Promise<Heard> {
  const watcher = new Watcher(chat.own, holdClock());
  const decoder = new TextDecoder();
  const inWords = (piece: string | Uint8Array) => (typeof piece === "string" ? piece : decoder.decode(piece));
  const saying = tellStream(inReads(reads), { api, dialect, door }, telling, watcher);
  let text = "";
  try {
    while (saying.final === null) text += inWords((await saying.next()) ?? "");
    const final = inWords(saying.final);
    return { text: text + final, final, error: null, watcher };
  } catch (thrown) {
    const error = toGatewayError(thrown);
    return { text: text + api.failure.event(error), final: "", error: error.kind, watcher };
  }
}
