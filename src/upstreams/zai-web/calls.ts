import type { ToolWish } from "~/chat/tools.ts";
import { type NativeCall, readBlock } from "./blocks.ts";
import type { WrittenCall } from "./chunks.ts";
import type { Found } from "./forms.ts";

/** The tool calls of one answer, each told once and only when it is whole. */
export interface CallBook {
  readonly told: number;
  /** What the document holds now, oldest first. */
  noteBlocks(blocks: readonly string[]): void;
  /** A `tool_calls` array that came beside the document. */
  noteDirect(calls: unknown): void;
  /** What stood in the words, oldest first: all of it, each time. */
  noteWritten(calls: readonly Found[]): void;
  /** The calls that became whole; all that are left when `isLast`. */
  take(isLast: boolean): WrittenCall[];
}

/** The site has tools of its own and writes their calls into the same document: those are not the client's business. */
export function createCallBook(wish: ToolWish | null, answerId: string): CallBook {
  const wanted = new Set(wish?.tools.map(({ name }) => name));
  const most = wish?.mayRepeat === false ? 1 : Number.POSITIVE_INFINITY;
  const calls = new Map<string, NativeCall>();
  const told = new Set<string>();
  const keyAt = new Map<number, string>();

  function note(key: string, call: NativeCall): void {
    if (wanted.has(call.name)) calls.set(key, call);
  }

  return {
    get told() {
      return told.size;
    },
    noteBlocks(blocks) {
      for (const [i, block] of blocks.entries()) {
        const call = readBlock(block);
        if (call) note(call.id ?? `block ${i}`, call);
      }
    },
    noteDirect(list) {
      if (!Array.isArray(list)) return;
      for (const [position, given] of list.entries()) {
        const index = typeof given?.index === "number" ? given.index : position;
        const call = readDirect(given, calls.get(keyAt.get(index) ?? ""));
        if (!call) continue;
        const key = call.id ?? `direct ${index}`;
        keyAt.set(index, key);
        note(key, call);
      }
    },
    noteWritten(list) {
      // Models write the same ids in every turn, and clients match results by them: each call gets one of its own.
      for (const [i, call] of list.entries()) note(`written ${i}`, { ...call, id: null });
    },
    take(isLast) {
      const ready: WrittenCall[] = [];
      for (const [key, call] of calls) {
        if (told.size >= most) return ready;
        if (told.has(key) || !(isLast || isObject(call.arguments))) continue;
        const index = told.size;
        told.add(key);
        const id = call.id ?? `call_${answerId.replace(/^chatcmpl-/, "")}_${index}`;
        ready.push({ index, id, name: call.name, arguments: call.arguments.trim() === "" ? "{}" : call.arguments });
      }
      return ready;
    },
  };
}

/** A call in OpenAI's own form; one without a name goes on with what came before. */
function readDirect(given: unknown, before: NativeCall | undefined): NativeCall | null {
  const { id, function: called } = (given ?? {}) as {
    id?: unknown;
    function?: { name?: unknown; arguments?: unknown };
  };
  const words = called?.arguments;
  const text = typeof words === "string" ? words : words ? JSON.stringify(words) : "";
  if (typeof called?.name === "string" && called.name !== "") {
    return { id: typeof id === "string" && id !== "" ? id : null, name: called.name, arguments: text };
  }
  return before ? { ...before, arguments: before.arguments + text } : null;
}

/** A whole JSON object: the beginning of one never parses, so this tells that nothing more will come. */
function isObject(json: string): boolean {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null;
  } catch {
    return false;
  }
}
