import type { Face } from "./faces/face.ts";
import { official } from "./faces/official.ts";
import { plain } from "./faces/plain.ts";
import { guestToken, web } from "./faces/web.ts";
import { chunk, type Exchange, type Listener, listen } from "./http.ts";
import { lists } from "./lists.ts";
import { createPace } from "./pace.ts";
import { eventText } from "./play.ts";
import { json, type Whole } from "./trouble.ts";
import { countTokens } from "./words.ts";

export interface BenchOptions {
  port: number;
  hostname: string;
  /** Events that carry words in a stream. */
  chunks: number;
  /** Milliseconds between two events; 0: a stream leaves in one write. */
  paceMs: number;
}

/**
 * The same dialects out of prepared bytes, so that a benchmark never waits for them: of a request nothing is read but
 * its path and whether it wants a stream.
 */
export function startBench(options: BenchOptions): Listener {
  const pace = createPace();
  const chat = new Map(chatPaths.map(({ path, face }) => [path, { face, ...prepare(face, options.chunks) }] as const));
  const other = new Map(
    Object.entries({
      "/api/v1/auths/": json(200, { role: "guest", token: guestToken(1), token_type: "Bearer" }),
      "/api/models": lists.web(),
      "/api/paas/v4/models": lists.official(),
      "/v1/models": lists.plain(),
    }).map(([path, whole]) => [path, wholeBytes(whole)]),
  );
  const lost = wholeBytes(json(404, { detail: "Not Found" }));

  return listen({
    hostname: options.hostname,
    port: options.port,
    answer(exchange) {
      const prepared = chat.get(exchange.path);
      if (prepared === undefined) return sendAll(exchange, other.get(exchange.path) ?? lost);
      const wantsStream = prepared.face === web || exchange.body.includes('"stream":true');
      if (!wantsStream) return sendAll(exchange, prepared.whole);
      if (options.paceMs === 0) return sendAll(exchange, prepared.stream);
      sendPaced(exchange, prepared.parts, (act) => pace.after(options.paceMs, act));
    },
  });
}

const chatPaths: { path: string; face: Face }[] = [
  { path: "/api/paas/v4/chat/completions", face: official },
  { path: "/api/chat/completions", face: web },
  { path: "/v1/chat/completions", face: plain },
];

function sendAll(exchange: Exchange, bytes: Uint8Array): void {
  exchange.raw(bytes);
  exchange.done();
}

function sendPaced(exchange: Exchange, parts: Uint8Array[], later: (act: () => void) => void): void {
  let next = 0;
  const step = () => {
    if (exchange.hasLeft()) return;
    exchange.raw(parts[next]!);
    next += 1;
    if (next === parts.length) exchange.done();
    else later(step);
  };
  step();
}

function prepare(face: Face, chunks: number) {
  const said = {
    thinking: [],
    answer: Array.from({ length: chunks }, (_, index) => ` word${index % 10}`),
    calls: [],
    finish: "stop",
  };
  const reply = { ...said, usage: countTokens(said, [{ role: "user", text: "A question of some length.", media: 0 }]) };
  const ask = {
    body: { stream_options: { include_usage: true } },
    model: "glm-4.7",
    id: "2026112200000001",
    created: 1_795_000_000,
  };
  const events = face.frames(reply, ask).map((frame) => chunk(Buffer.from(eventText(frame))));
  const head = Buffer.from(
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-cache\r\n" +
      "Transfer-Encoding: chunked\r\n\r\n",
  );
  const parts = [head, ...events.slice(0, -1), Buffer.concat([events.at(-1)!, Buffer.from("0\r\n\r\n")])];
  const short = { ...reply, answer: reply.answer.slice(0, 20) };
  return {
    parts,
    stream: Buffer.concat(parts),
    whole: wholeBytes({ ...json(200, null), text: face.whole(short, ask) }),
  };
}

function wholeBytes({ status, headers, text }: Whole): Buffer {
  const fields = Object.entries({ ...headers, "Content-Length": `${Buffer.byteLength(text)}` });
  return Buffer.from(
    `HTTP/1.1 ${status} ${status === 200 ? "OK" : "Not Found"}\r\n` +
      `${fields.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${text}`,
  );
}
