import { GatewayError } from "~/errors.ts";
import type { ChatChunk } from "./chat.ts";

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

/** A chunk whose text is too long for one line, as several that say the same. */
export function splitChunk(chunk: ChatChunk): ChatChunk[] {
  // What an upstream sends between its chunks may be anything.
  const [choice] = chunk.choices ?? [];
  const field = (["content", "reasoning_content"] as const).find((name) => isLong(choice?.delta?.[name]));
  if (choice && field) {
    const pieces = cut(choice.delta[field] as string);
    return pieces.map((piece, i) => {
      const delta = i === 0 ? { ...choice.delta, [field]: piece } : { [field]: piece };
      const finish_reason = i === pieces.length - 1 ? choice.finish_reason : null;
      return { ...chunk, choices: [{ ...choice, delta, finish_reason }] };
    });
  }
  const call = choice?.delta?.tool_calls?.find((one) => isLong(one.function?.arguments));
  if (!choice || !call) return [chunk];
  return cut(call.function!.arguments!).map((piece, i) => {
    const fragment = { function: { ...(i === 0 && call.function), arguments: piece } };
    const tool_calls = [i === 0 ? { ...call, ...fragment } : { index: call.index, ...fragment }];
    const delta = i === 0 ? { ...choice.delta, tool_calls } : { tool_calls };
    return { ...chunk, choices: [{ ...choice, delta }] };
  });
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
