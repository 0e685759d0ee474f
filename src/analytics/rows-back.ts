import { type SQL, sql } from "drizzle-orm";
import { firstIdAt } from "~/record/request-id.ts";
import type { Asker } from "./question.ts";

/**
 * Walks a range of rows from its end, window by window, as far as time allows: windows grow while they are quick. Gives
 * the moment from which on everything was seen, or null for the whole range. `see` may end the walk by `true`.
 */
export function walkBack(
  asker: Asker,
  { from, to, until }: { from: number; to: number; until: number },
  see: (window: SQL) => boolean,
): number | null {
  const { connection, tick } = asker;
  const oldest = Number(connection.sqlite.query("select id from requests order by id limit 1").values()[0]?.[0] ?? 0);
  const newest = Number(
    connection.sqlite.query("select id from requests order by id desc limit 1").values()[0]?.[0] ?? 0,
  );
  let end = Math.min(firstIdAt(Math.ceil(to)), newest + 1);
  const least = Math.max(firstIdAt(Math.ceil(from)), oldest);
  let length = firstWindow;
  while (end > least) {
    const begin = Math.max(end - length, least);
    const started = tick();
    const isEnough = see(sql`requests.id >= ${begin} and requests.id < ${end}`);
    const took = tick() - started;
    end = begin;
    if (isEnough) return end > least ? timeAt(end) : null;
    if (tick() >= until) return end > least ? timeAt(end) : null;
    if (took < 10) length *= 2;
    else if (took > 40) length = Math.max(1, Math.floor(length / 2));
  }
  return null;
}

/** Ten minutes of ids. */
const firstWindow = firstIdAt(600_000) - firstIdAt(0);

function timeAt(id: number): number {
  return Math.ceil((id - firstIdAt(0)) / (firstIdAt(1) - firstIdAt(0)));
}
