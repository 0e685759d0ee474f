import { GatewayError } from "~/errors.ts";
import type { ChatChunk, ChatDelta } from "./chat.ts";

/**
 * One event of a chat stream. Null for what is no chunk at all (`[DONE]`, a bare word that keeps a line alive); a chunk
 * that breaks off is an `upstream_error`, since words would be lost without anybody knowing.
 */
export function parseChunk(data: string): ChatChunk | null {
  if (!data.startsWith("{")) return null;
  try {
    return JSON.parse(data) as ChatChunk;
  } catch (cause) {
    throw new GatewayError("upstream_error", "The upstream sent a chunk that is not valid JSON", { cause });
  }
}

/** Longer lines kill several Python clients; in UTF-8 no line of so many characters passes 64 KB. */
export const maxLineChars = 20_000;

/** A chunk that is too long for one line, as several that say the same. None where it says nothing. */
export function splitChunk(chunk: ChatChunk): ChatChunk[] {
  const pieces = cutChunk(chunk);
  if (pieces.length > 1) return pieces.flatMap(splitChunk);
  if (fitsLine(chunk)) return [chunk];
  // No words make it long, so it is something that no client knows.
  const known = withoutUnknown(chunk);
  return known !== null && fitsLine(known) ? [known] : [];
}

/** One step: choices apart, then calls apart, then the first long text in pieces. */
function cutChunk(chunk: ChatChunk): ChatChunk[] {
  // What an upstream sends between its chunks may be anything.
  const choices = Array.isArray(chunk.choices) ? chunk.choices : [];
  const [choice, ...others] = choices;
  if (!choice || (others.length > 0 && fitsLine(chunk))) return [chunk];
  if (others.length > 0) {
    const { usage, ...rest } = chunk;
    return choices.map((one, i) => ({ ...(i === others.length ? chunk : rest), choices: [one] }) as ChatChunk);
  }

  const { delta, finish_reason } = choice;
  const inPieces = (deltas: ChatDelta[]): ChatChunk[] =>
    deltas.map((piece, i) => {
      const isLast = i === deltas.length - 1;
      return { ...chunk, choices: [{ ...choice, delta: piece, finish_reason: isLast ? finish_reason : null }] };
    });
  const field = (["content", "reasoning_content"] as const).find((name) => isLong(delta?.[name]));
  if (field) {
    const pieces = cut(delta[field] as string);
    return inPieces(pieces.map((piece, i) => (i === 0 ? { ...delta, [field]: piece } : { [field]: piece })));
  }
  const calls = Array.isArray(delta?.tool_calls) ? delta.tool_calls : [];
  const call = calls.find((one) => isLong(one.function?.arguments));
  if (!call && (calls.length < 2 || fitsLine(chunk))) return [chunk];
  if (calls.length > 1) return inPieces(calls.map((one, i) => ({ ...(i === 0 && delta), tool_calls: [one] })));
  return inPieces(
    cut(call!.function!.arguments!).map((piece, i) => {
      const fragment = { function: { ...(i === 0 && call!.function), arguments: piece } };
      const tool_calls = [i === 0 ? { ...call, ...fragment } : { index: call!.index, ...fragment }];
      return i === 0 ? { ...delta, tool_calls } : { tool_calls };
    }),
  );
}

/** What clients know of a chunk; null where it says none of that. */
function withoutUnknown({ id, object, created, model, choices, usage }: ChatChunk): ChatChunk | null {
  const known = (Array.isArray(choices) ? choices : []).map(({ index, delta, finish_reason }) => {
    const { role, content, reasoning_content, tool_calls } = delta ?? {};
    return { index, delta: { role, content, reasoning_content, tool_calls }, finish_reason };
  });
  return known.length === 0 && !usage ? null : ({ id, object, created, model, choices: known, usage } as ChatChunk);
}

const maxLineBytes = 65_000;

function fitsLine(chunk: ChatChunk): boolean {
  return Buffer.byteLength(JSON.stringify(chunk)) < maxLineBytes;
}

const pieceChars = maxLineChars / 8;

const isLong = (text: unknown): boolean => typeof text === "string" && text.length > pieceChars;

/**
 * A text in pieces that fit a line each, in nearly all cases itself alone. Never cut between the halves of a surrogate
 * pair: each piece is valid Unicode by itself.
 */
export function cut(text: string): string[] {
  if (text.length <= pieceChars) return [text];
  const pieces: string[] = [];
  let start = 0;
  while (start < text.length) {
    let end = Math.min(start + pieceChars, text.length);
    if (end < text.length && /[\uD800-\uDBFF]/.test(text[end - 1]!)) end--;
    pieces.push(text.slice(start, end));
    start = end;
  }
  return pieces;
}
