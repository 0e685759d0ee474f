import { type Chooser, createChooser, type Kind } from "./choose.ts";
import { type Ask, type Face, type Frame, isRecord } from "./faces/face.ts";
import { messages } from "./faces/messages.ts";
import { official } from "./faces/official.ts";
import { plain } from "./faces/plain.ts";
import { responses } from "./faces/responses.ts";
import { guestToken, web } from "./faces/web.ts";
import { type Exchange, listen } from "./http.ts";
import { lists } from "./lists.ts";
import { createPace } from "./pace.ts";
import { bendFrames, type Chosen, isWhole, type Pacing, play, playBrokenWhole, playFrames, playWhole } from "./play.ts";
import type { Scenario } from "./scenarios.ts";
import { json, troubles, type Whole } from "./trouble.ts";
import { countTokens, type Reply, reply } from "./words.ts";

export interface SimulatorOptions {
  /** 0: any free one. */
  port?: number;
  hostname?: string;
  /** Milliseconds between two events of a stream; 0: none. */
  paceMs?: number;
  /** How many requests with the same bearer and model may be in flight; null: any number. */
  concurrency?: number | null;
}

/** A simulated Z.ai on a real socket: the official API, the web site, and a server of plain Chat Completions. */
export interface Simulator {
  /** The origin, without a slash at its end. */
  url: string;
  /** What `UPSTREAM_URL` is set to, for each of its faces. */
  zaiUrl: string;
  webUrl: string;
  openaiUrl: string;
  /** The next request of that kind plays this: a name, `name:argument`, several joined by `+`, or one's own. */
  next(scenario: string | Scenario, kind?: Kind): void;
  /** Every chat request plays this from now on, where nothing else is said; null: none. */
  always(scenario: string | null): void;
  /** Requests with this bearer play this. */
  refuse(bearer: string, scenario: string): void;
  /** The next chat request is answered with this, in the words of whichever dialect it came in. */
  say(said: Partial<Reply>): void;
  /** The next chat request is answered with these bytes as an event stream; `cutAt` cuts one write into two there. */
  replay(bytes: Uint8Array | string, options?: { cutAt?: number; contentType?: string }): void;
  /** Changes the limit of requests in flight. */
  limit(concurrency: number | null): void;
  /** Every request so far, oldest first. */
  requests(): Captured[];
  /** What a well-behaved client would not have sent. */
  violations(): string[];
  /** Answers that are not over. */
  open(): number;
  /** Answers that the client did not wait for. */
  aborted(): number;
  reset(): void;
  stop(): void;
}

export interface Captured {
  kind: Kind | "other";
  method: string;
  path: string;
  headers: Record<string, string>;
  /** Parsed where it is JSON, else null. */
  body: unknown;
  state: "open" | "finished" | "broken" | "aborted";
}

export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { hostname = "127.0.0.1", port = 0, paceMs = 0 } = options;
  const clock = createPace();
  const world: World = {
    chooser: createChooser(),
    pacing: { clock, eachMs: paceMs },
    captured: [],
    violations: [],
    inFlight: new Map(),
    concurrency: options.concurrency ?? null,
    answers: 0,
    guests: 0,
  };
  const server = listen({ hostname, port, answer: (exchange) => void receive(world, exchange) });
  const url = `http://${hostname}:${server.port}`;
  const { chooser } = world;
  return {
    url,
    zaiUrl: `${url}/api/paas/v4`,
    webUrl: `${url}/api/chat/completions`,
    openaiUrl: `${url}/v1`,
    next: (scenario, kind = "chat") => chooser.next(scenario, kind),
    always: chooser.always,
    refuse: chooser.refuse,
    say: (said) =>
      chooser.next({ says: "words given", reply: (usual) => ({ ...usual, thinking: [], ...said }) }, "chat"),
    replay: (bytes, how = {}) => chooser.next(replayed(bytes, how), "chat"),
    limit: (concurrency) => {
      world.concurrency = concurrency;
    },
    requests: () => world.captured,
    violations: () => world.violations,
    open: () => world.captured.filter(({ state }) => state === "open").length,
    aborted: () => world.captured.filter(({ state }) => state === "aborted").length,
    reset() {
      chooser.reset();
      world.captured = [];
      world.violations = [];
    },
    stop() {
      server.stop();
      clock.stop();
    },
  };
}

/** What is known across requests. */
interface World {
  chooser: Chooser;
  pacing: Pacing;
  captured: Captured[];
  violations: string[];
  inFlight: Map<string, number>;
  concurrency: number | null;
  answers: number;
  guests: number;
}

async function receive(world: World, exchange: Exchange): Promise<void> {
  const path = exchange.path.split("?", 1)[0]!;
  const body = parse(exchange.body);
  const place = places.find(({ method, at }) => method === exchange.method && at.test(path));
  const captured: Captured = {
    kind: place?.kind ?? "other",
    method: exchange.method,
    path: exchange.path,
    headers: exchange.headers(),
    body,
    state: "open",
  };
  world.captured.push(captured);
  exchange.onLeave(() => {
    captured.state = "aborted";
  });
  const played = await (place === undefined
    ? playWhole(exchange, nowhere(path), [], world.pacing)
    : place.answer(world, exchange, isRecord(body) ? body : {}));
  if (captured.state === "open") captured.state = played;
}

type Answering = (world: World, exchange: Exchange, body: Record<string, unknown>) => Promise<"finished" | "broken">;

const places: { method: string; at: RegExp; kind: Kind | "other"; answer: Answering }[] = [
  { method: "POST", at: /^\/api\/chat\/completions$/, kind: "chat", answer: chat(web) },
  { method: "POST", at: /^\/api\/(coding\/)?paas\/v4\/chat\/completions$/, kind: "chat", answer: chat(official) },
  { method: "POST", at: /^\/api\/anthropic\/v1\/messages$/, kind: "chat", answer: chat(messages) },
  {
    method: "POST",
    at: /^\/api\/anthropic\/v1\/messages\/count_tokens$/,
    kind: "other",
    answer: list("models", messages, (_, exchange) => lists.tokens(exchange)),
  },
  { method: "POST", at: /^\/api\/v1\/responses$/, kind: "chat", answer: chat(responses) },
  { method: "POST", at: /^\/v1\/chat\/completions$/, kind: "chat", answer: chat(plain) },
  { method: "GET", at: /^\/api\/models$/, kind: "models", answer: list("models", web, () => lists.web()) },
  {
    method: "GET",
    at: /^\/api\/(coding\/)?paas\/v4\/models$/,
    kind: "models",
    answer: list("models", official, () => lists.official()),
  },
  { method: "GET", at: /^\/v1\/models$/, kind: "models", answer: list("models", plain, () => lists.plain()) },
  {
    method: "GET",
    at: /^\/api\/v1\/auths\/$/,
    kind: "guest",
    answer: list("guest", web, (world, exchange) => lists.identity(exchange, guestToken(++world.guests))),
  },
  {
    method: "POST",
    at: /^\/api\/(coding\/)?paas\/v4\/audio\/transcriptions$/,
    kind: "other",
    answer: list("models", official, (_, exchange) => lists.transcript(exchange)),
  },
  { method: "POST", at: /^\/api\/v1\/files\/$/, kind: "other", answer: list("models", web, () => lists.upload()) },
];

function chat(face: Face): Answering {
  return async (world, exchange, body) => {
    const ask = readAsk(world, exchange, body);
    const chosen = world.chooser.choose("chat", exchange, body);
    const complaint = face.check(ask);
    if (complaint?.violation) world.violations.push(`${face.name}: ${complaint.violation}`);

    const instead = await playInstead(world, exchange, face, chosen);
    if (instead !== null) return instead;
    if (complaint !== null) return playAnswer(world, exchange, complaint.answer, []);
    return inTurn(world, face, ask, () => tell(world, exchange, face, ask, chosen));
  };
}

async function tell(world: World, exchange: Exchange, face: Face, ask: Ask, chosen: Chosen[]) {
  const prompt = face.prompt(ask);
  const said = chosen.reduce((words, { scenario, arg }) => scenario.reply?.(words, arg) ?? words, reply(prompt));
  const bendUsage = chosen.find(({ scenario }) => scenario.usage)?.scenario.usage;
  const usage = countTokens(said, prompt.messages);
  const told = { ...said, usage: bendUsage === undefined ? usage : bendUsage(usage) };

  const frames = bendFrames(face.frames(told, ask), chosen, face);
  if (face.streams(ask)) return playFrames(exchange, frames, chosen, world.pacing);
  const text = face.whole(told, ask);
  if (chosen.some(({ scenario }) => scenario.frames)) {
    return playBrokenWhole(exchange, text, frames, chosen, world.pacing);
  }
  const headers = { "Content-Type": "application/json; charset=UTF-8" };
  return playWhole(exchange, { status: 200, headers, text }, chosen, world.pacing);
}

/** Z.ai limits what is in flight for each account and model. */
async function inTurn<T>(
  world: World,
  face: Face,
  ask: Ask,
  act: () => Promise<T>,
): Promise<T | "finished" | "broken"> {
  const key = `${ask.bearer} ${ask.model}`;
  const running = world.inFlight.get(key) ?? 0;
  if (world.concurrency !== null && running >= world.concurrency) {
    const { exchange } = ask;
    if (face !== web) return playWhole(exchange, face.refusal(troubles[1302]!), [], world.pacing);
    const busy = web.inband({ status: 200, code: "MODEL_CONCURRENCY_LIMIT", message: "busy" });
    return playFrames(exchange, [busy], [], world.pacing);
  }
  let isOver = false;
  const leave = () => {
    if (!isOver) world.inFlight.set(key, world.inFlight.get(key)! - 1);
    isOver = true;
  };
  world.inFlight.set(key, running + 1);
  ask.exchange.onLeave(leave);
  try {
    return await act();
  } finally {
    leave();
  }
}

function list(kind: Kind, face: Face, whole: (world: World, exchange: Exchange) => Whole): Answering {
  return async (world, exchange, body) => {
    const chosen = world.chooser.choose(kind, exchange, body);
    const instead = await playInstead(world, exchange, face, chosen);
    return instead ?? playWhole(exchange, whole(world, exchange), chosen, world.pacing);
  };
}

async function playInstead(world: World, exchange: Exchange, face: Face, chosen: Chosen[]) {
  const found = chosen.find(({ scenario }) => scenario.instead);
  if (found === undefined) return null;
  const answer = found.scenario.instead!(face, found.arg);
  if (answer === "silence") return play(exchange, ["stall"], world.pacing);
  if (typeof answer === "string") return play(exchange, [answer], world.pacing);
  return playAnswer(world, exchange, answer, chosen);
}

function playAnswer(world: World, exchange: Exchange, answer: Whole | Frame[], chosen: Chosen[]) {
  if (isWhole(answer)) return playWhole(exchange, answer, chosen, world.pacing);
  return playFrames(exchange, answer, chosen, world.pacing);
}

function readAsk(world: World, exchange: Exchange, body: Record<string, unknown>): Ask {
  return {
    exchange,
    body,
    model: `${body.model ?? ""}`.split("+", 1)[0]!,
    bearer: bearerOf(exchange),
    id: `20261122${(++world.answers).toString(16).padStart(8, "0")}`,
    created: Math.floor(Date.now() / 1000),
  };
}

/** The Anthropic face takes its key in a header of its own as well. */
function bearerOf(exchange: Exchange): string | null {
  const bearer = /^Bearer (\S+)$/.exec(exchange.header("authorization") ?? "")?.[1];
  return bearer ?? (exchange.path.startsWith("/api/anthropic/") ? exchange.header("x-api-key") : null);
}

function replayed(
  bytes: Uint8Array | string,
  { cutAt, contentType = "text/event-stream" }: { cutAt?: number; contentType?: string },
): Scenario {
  const all = Buffer.from(bytes);
  const parts = cutAt === undefined ? [all] : [all.subarray(0, cutAt), { waitMs: 5 }, all.subarray(cutAt)];
  const headers = { "Content-Type": contentType };
  const isStream = contentType.startsWith("text/event-stream");
  return {
    says: "recorded bytes",
    instead: () => (isStream ? [] : { status: 200, headers, text: all.toString() }),
    headers,
    steps: () => parts,
  };
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return null;
  }
}

/** A mistyped path of the official API is answered so, and not with 404. */
function nowhere(path: string): Whole {
  if (path.startsWith("/api/paas/")) return json(500, { error: { code: "500", message: "404 NOT_FOUND" } });
  return json(404, { detail: "Not Found" });
}
