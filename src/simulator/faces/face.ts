import type { Exchange } from "../http.ts";
import type { Trouble, Whole } from "../trouble.ts";
import type { Prompt, Told } from "../words.ts";

/** One dialect as its server speaks it. */
export interface Face {
  readonly name: FaceName;
  /** What the real one finds wrong with a request; null where it finds nothing. */
  check(ask: Ask): Complaint | null;
  prompt(ask: Ask): Prompt;
  /** Whether this request is answered with a stream. */
  streams(ask: Ask): boolean;
  frames(reply: Told, subject: Subject): Frame[];
  whole(reply: Told, subject: Subject): string;
  refusal(trouble: Trouble): Whole;
  /** The same trouble as an event in a stream that has begun. */
  inband(trouble: Trouble): Frame;
}

export type FaceName = "web" | "official" | "messages" | "responses" | "plain";

/** A request, as far as every face reads it alike. */
export interface Ask extends Subject {
  exchange: Exchange;
  bearer: string | null;
}

/** What an answer needs to know of its request. */
export interface Subject {
  body: Record<string, unknown>;
  model: string;
  id: string;
  /** Unix seconds. */
  created: number;
}

export interface Complaint {
  /** What a well-behaved client would not have done; null for what clients may do and are refused. */
  violation: string | null;
  answer: Whole | Frame[];
}

/** One server-sent event, and which part of an answer it is, so that a scenario can cut between parts. */
export interface Frame {
  event?: string;
  data: string;
  part: "start" | "thinking" | "answer" | "call" | "usage" | "finish" | "done" | "error";
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function recordsIn(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}
