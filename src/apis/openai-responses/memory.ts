import type { Clock } from "~/clock.ts";
import type { Sent } from "~/wire/json.ts";

/** What is remembered at most: for one key, and for all together. */
export interface MemoryLimits {
  responsesPerKey: number;
  bytesPerKey: number;
  bytesInAll: number;
  ageMs: number;
}

const usual: MemoryLimits = {
  responsesPerKey: 500,
  bytesPerKey: 16 * 1024 * 1024,
  bytesInAll: 64 * 1024 * 1024,
  ageMs: 6 * 60 * 60 * 1000,
};

export type Item = Record<string, unknown>;

/** What a request asked in full, and what was answered. */
export interface Turn {
  said: readonly Item[];
  output: readonly Item[];
}

/** One answer, as it is written down and read back. */
export interface KeptResponse {
  keyId: number;
  id: string;
  itemIds: readonly string[];
  /** What it counts for. */
  bytes: number;
}

/** Where answers are written down that shall outlive a restart. */
export interface Journal {
  keep(response: KeptResponse, words: Words): void;
  drop(keyId: number, id: string): void;
}

/** A request with its whole input and the answer to it, as JSON, and what must not be found in them. */
export interface Words {
  request: Sent;
  answer: string;
  secrets: readonly string[];
}

/** One that was written down before this start. `read` gives null where it cannot be read any more. */
export interface RestoredResponse extends KeptResponse {
  ageMs: number;
  read(): Turn | null;
}

/**
 * Conversations that a later request may go on with by `previous_response_id`, and items that it may name. In memory:
 * a restart forgets them but for those that stand in the journal, and no key sees another's.
 */
export interface Memory {
  /** Everything said up to and with that response; null where it is not known (any more). */
  recall(keyId: number, responseId: string): readonly Item[] | null;
  /** One item of an answer; null where it is not known (any more). */
  recallItem(keyId: number, itemId: string): Item | null;
  /** `words`: for the journal; null for an answer that is to be in memory alone. */
  keep(keyId: number, response: Turn & { id: string; bytes: number }, words?: Words | null): void;
  /** Takes up what stands in the journal, oldest first. */
  restore(responses: Iterable<RestoredResponse>): void;
}

export function createMemory(
  clock: Pick<Clock, "tick">,
  wanted: Partial<MemoryLimits> = {},
  journal: Journal | null = null,
): Memory {
  const limits = { ...usual, ...wanted };
  const shelves = new Map<number, Shelf>();
  let bytesInAll = 0;

  function drop(keyId: number, shelf: Shelf, id: string): void {
    const kept = shelf.responses.get(id);
    if (!kept) return;
    shelf.responses.delete(id);
    for (const item of kept.itemIds) shelf.items.delete(item);
    if (kept.isWritten) journal?.drop(keyId, id);
    shelf.bytes -= kept.bytes;
    bytesInAll -= kept.bytes;
    if (shelf.responses.size === 0) shelves.delete(keyId);
  }

  const dropOldest = (keyId: number, shelf: Shelf) => drop(keyId, shelf, shelf.responses.keys().next().value!);

  /** The key's shelf, without what has grown too old. */
  function shelfOf(keyId: number): Shelf | undefined {
    const shelf = shelves.get(keyId);
    const oldestAllowed = clock.tick() - limits.ageMs;
    for (const { at } of shelf?.responses.values() ?? []) {
      if (at >= oldestAllowed) break;
      dropOldest(keyId, shelf!);
    }
    return shelves.get(keyId);
  }

  function heaviest(): [number, Shelf] {
    return [...shelves].reduce((most, one) => (one[1].bytes > most[1].bytes ? one : most));
  }

  function put(keyId: number, id: string, kept: Kept): void {
    const shelf = shelfOf(keyId) ?? { responses: new Map(), items: new Map(), bytes: 0 };
    // An upstream that calls all its answers the same is remembered by its last.
    drop(keyId, shelf, id);
    shelves.set(keyId, shelf);
    shelf.responses.set(id, kept);
    for (const item of kept.itemIds) shelf.items.set(item, kept);
    shelf.bytes += kept.bytes;
    bytesInAll += kept.bytes;
    while (shelf.responses.size > limits.responsesPerKey || shelf.bytes > limits.bytesPerKey) dropOldest(keyId, shelf);
    while (bytesInAll > limits.bytesInAll) dropOldest(...heaviest());
  }

  return {
    recall: (keyId, id) => shelfOf(keyId)?.responses.get(id)?.turn()?.said ?? null,
    recallItem(keyId, id) {
      const output = shelfOf(keyId)?.items.get(id)?.turn()?.output;
      return output?.find((item) => item.id === id) ?? null;
    },
    keep(keyId, { id, said, output, bytes }, words = null) {
      if (bytes > limits.bytesPerKey) return;
      const itemIds = output.map((item) => item.id).filter((item) => typeof item === "string");
      const turn = { said, output };
      const isWritten = words !== null && journal !== null;
      put(keyId, id, { turn: () => turn, itemIds, bytes, at: clock.tick(), isWritten });
      if (isWritten) journal.keep({ keyId, id, itemIds, bytes }, words);
    },
    restore(responses) {
      for (const { keyId, id, itemIds, bytes, ageMs, read } of responses) {
        let turn: Turn | null | undefined;
        // Read when somebody asks for it: most are not asked for.
        const readOnce = () => {
          if (turn === undefined) turn = read();
          return turn;
        };
        put(keyId, id, { turn: readOnce, itemIds, bytes, at: clock.tick() - ageMs, isWritten: true });
      }
    },
  };
}

interface Kept {
  turn(): Turn | null;
  itemIds: readonly string[];
  bytes: number;
  at: number;
  /** Whether it stands in the journal. */
  isWritten: boolean;
}

interface Shelf {
  /** Oldest first. */
  responses: Map<string, Kept>;
  /** By the ids of their items. */
  items: Map<string, Kept>;
  bytes: number;
}
