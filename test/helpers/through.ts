import type { Sink } from "~/wire/sink.ts";

/**
 * What a step makes of what comes, for each item what it handed on at once. Reads no further than the step wants; a step
 * or a source that throws does so behind what came before.
 */
export async function* through<In, Out>(
  items: AsyncIterable<In> | Iterable<In>,
  step: (next: Sink<Out>) => Sink<In>,
): AsyncGenerator<Out[]> {
  const made: Out[] = [];
  let isOver = false;
  const first = step({
    take: (item) => void made.push(item),
    end: () => {
      isOver = true;
    },
  });
  const takeMade = () => made.splice(0);
  try {
    for await (const item of items) {
      first.take(item);
      if (made.length > 0) yield takeMade();
      if (isOver) return;
    }
    first.end();
  } catch (error) {
    if (made.length > 0) yield takeMade();
    throw error;
  }
  if (made.length > 0) yield takeMade();
}

/** A step that takes several items at once. */
export function inBatches<T>(step: Sink<T>): Sink<T[]> {
  return {
    take: (batch) => {
      for (const item of batch) step.take(item);
    },
    end: () => step.end(),
  };
}

export async function* inReads(reads: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* reads;
}
