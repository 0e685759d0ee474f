import type { Asker } from "./question.ts";

/** A page asks for some fifty: most are the thirty numbers of a line, the largest half a megabyte. */
const mostRemembered = 256;

/**
 * What was made of cells before, as long as none of them has changed or gone. Who looks again within a quarter of an hour,
 * as an open page does by itself, asks for the same sums with some new rows beside them.
 */
export function remembered<T>({ connection, memory, once }: Asker, of: unknown[], make: () => T): T {
  // Each mark only grows: the rollup's, those of what has gone, that of repairs.
  const state = once(["state"], () =>
    connection.sqlite
      .query("select (select sum(value) from rollup_marks), count(*), sum(id) from late_requests")
      .values(),
  );
  const name = JSON.stringify([of, state]);
  const made = memory.has(name) ? (memory.get(name) as T) : make();
  // The one that was asked for longest ago is the first.
  memory.delete(name);
  memory.set(name, made);
  if (memory.size > mostRemembered) memory.delete(memory.keys().next().value!);
  return made;
}
