import type { Face, Frame } from "./faces/face.ts";
import type { Exchange } from "./http.ts";
import type { Pace } from "./pace.ts";
import type { Scenario, Step } from "./scenarios.ts";
import type { Whole } from "./trouble.ts";

/** A scenario that was chosen, with what stood behind its colon. */
export interface Chosen {
  scenario: Scenario;
  arg: string;
}

const STREAM_HEADERS = { "Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-cache" };

/** How an answer ended: the client's leaving shows in the exchange. */
export type Played = "finished" | "broken";

export async function playFrames(exchange: Exchange, frames: Frame[], chosen: Chosen[], pace: Pacing): Promise<Played> {
  const write = (frame: Frame) =>
    chosen.reduce((text, { scenario }) => scenario.write?.(text, frame) ?? text, eventText(frame));
  const events = frames.map((frame) => Buffer.from(write(frame)));
  exchange.start(200, { ...STREAM_HEADERS, ...headersOf(chosen) });
  return play(exchange, bend(events, chosen), pace);
}

export async function playWhole(exchange: Exchange, whole: Whole, chosen: Chosen[], pace: Pacing): Promise<Played> {
  const bytes = Buffer.from(whole.text);
  const third = Math.ceil(bytes.length / 3);
  const parts = [bytes.subarray(0, third), bytes.subarray(third, 2 * third), bytes.subarray(2 * third)];
  exchange.start(whole.status, { ...whole.headers, ...headersOf(chosen) }, bytes.length);
  return play(exchange, bend(parts, chosen), { ...pace, eachMs: 0 });
}

/** What a scenario for streams does to an answer that is none: the error becomes the body, a cut stays a cut. */
export async function playBrokenWhole(
  exchange: Exchange,
  text: string,
  frames: Frame[],
  chosen: Chosen[],
  pace: Pacing,
): Promise<Played> {
  const error = frames.find((frame) => frame.part === "error");
  const headers = { "Content-Type": "application/json" };
  if (error !== undefined) return playWhole(exchange, { status: 200, headers, text: error.data }, chosen, pace);
  if (frames.some((frame) => frame.part === "finish")) {
    return playWhole(exchange, { status: 200, headers, text }, chosen, pace);
  }
  const bytes = Buffer.from(text);
  exchange.start(200, headers, bytes.length);
  return play(exchange, [bytes.subarray(0, bytes.length / 2), { waitMs: 10 }, "close"], pace);
}

export interface Pacing {
  clock: Pace;
  /** Between two events; 0: as fast as they can be written. */
  eachMs: number;
}

export async function play(exchange: Exchange, steps: Step[], { clock, eachMs }: Pacing): Promise<Played> {
  for (const step of steps) {
    if (exchange.hasLeft()) return "broken";
    if (step instanceof Uint8Array) {
      if (eachMs > 0) await clock.wait(eachMs);
      await exchange.send(step);
    } else if (step === "stall") {
      await new Promise<void>((resolve) => exchange.onLeave(resolve));
    } else if (step === "reset" || step === "close") {
      exchange[step]();
      return "broken";
    } else await clock.wait(step.waitMs);
  }
  exchange.finish();
  return "finished";
}

/** An error that a face finds in a request comes as a body or, on the web, as a stream. */
export function isWhole(answer: Whole | Frame[]): answer is Whole {
  return !Array.isArray(answer);
}

/** One event as it usually looks. */
export function eventText(frame: Frame): string {
  return `${frame.event === undefined ? "" : `event: ${frame.event}\n`}data: ${frame.data}\n\n`;
}

/** The frames of an answer after every chosen scenario had its way with them. */
export function bendFrames(frames: Frame[], chosen: Chosen[], face: Face): Frame[] {
  return chosen.reduce((bent, { scenario, arg }) => scenario.frames?.(bent, face, arg) ?? bent, frames);
}

function bend(pieces: Uint8Array[], chosen: Chosen[]): Step[] {
  return chosen.reduce<Step[]>((bent, { scenario, arg }) => scenario.steps?.(bent, arg) ?? bent, pieces);
}

function headersOf(chosen: Chosen[]): Record<string, string> {
  return Object.assign({}, ...chosen.map(({ scenario }) => scenario.headers ?? {}));
}
