import type { Clock } from "~/clock.ts";

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

/**
 * Conversations that a later request may go on with by `previous_response_id`, and items that it may name. In memory
 * alone: a restart forgets them, and no key sees another's.
 */
export interface Memory {
  /** Everything said up to and with that response; null where it is not known (any more). */
  recall(keyId: number, responseId: string): readonly Item[] | null;
  /** One item of an answer; null where it is not known (any more). */
  recallItem(keyId: number, itemId: string): Item | null;
  keep(keyId: number, response: { id: string; said: readonly Item[]; output: readonly Item[]; bytes: number }): void;
}

export function createMemory(clock: Pick<Clock, "tick">, wanted: Partial<MemoryLimits> = {}): Memory {
  const limits = { ...usual, ...wanted };
  const shelves = new Map<number, Shelf>();
  let bytesInAll = 0;

  function drop(keyId: number, shelf: Shelf, id: string): void {
    const kept = shelf.responses.get(id);
    if (!kept) return;
    shelf.responses.delete(id);
    for (const item of kept.itemIds) shelf.items.delete(item);
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

  return {
    recall: (keyId, id) => shelfOf(keyId)?.responses.get(id)?.said ?? null,
    recallItem: (keyId, id) => shelfOf(keyId)?.items.get(id) ?? null,

    keep(keyId, { id, said, output, bytes }) {
      if (bytes > limits.bytesPerKey) return;
      const shelf = shelfOf(keyId) ?? { responses: new Map(), items: new Map(), bytes: 0 };
      // An upstream that calls all its answers the same is remembered by its last.
      drop(keyId, shelf, id);
      shelves.set(keyId, shelf);
      const named = output.filter((item): item is Item & { id: string } => typeof item.id === "string");
      shelf.responses.set(id, { said, itemIds: named.map((item) => item.id), bytes, at: clock.tick() });
      for (const item of named) shelf.items.set(item.id, item);
      shelf.bytes += bytes;
      bytesInAll += bytes;
      while (shelf.responses.size > limits.responsesPerKey || shelf.bytes > limits.bytesPerKey)
        dropOldest(keyId, shelf);
      while (bytesInAll > limits.bytesInAll) dropOldest(...heaviest());
    },
  };
}

interface Shelf {
  /** Oldest first. */
  responses: Map<string, { said: readonly Item[]; itemIds: string[]; bytes: number; at: number }>;
  items: Map<string, Item>;
  bytes: number;
}
