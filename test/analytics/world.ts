import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAsking, type Question } from "~/analytics/question.ts";
import { questions } from "~/analytics/questions.ts";
import { type Connection, openAndMigrate, openReadOnly } from "~/db/open.ts";
import type { Writer } from "~/db/writer.ts";
import { firstIdAt } from "~/record/request-id.ts";
import { createRetention, type Keep, type Pruned } from "~/record/retention.ts";
import { makeMany } from "../../bench/many-requests.ts";

/** A Sunday morning in a busy month: the moment at which every question of these tests is asked. */
export const now = Date.UTC(2026, 10, 22, 9, 41, 7, 123);
export const dayMs = 86_400_000;

type Questions = typeof questions;
type Ask = <Name extends keyof Questions>(
  name: Name,
  args: Parameters<Questions[Name]>[0],
) => ReturnType<Questions[Name]>;

/** A month of twenty keys' traffic in a database of its own, with questions to it and its rows as plain values. */
export interface Month {
  path: string;
  ask: Ask;
  rows: MonthRow[];
  writable: Connection;
  close(): void;
}

/** Takes from a month what is too old or too much. */
export function prune({ writable }: Month, keep: Keep): Promise<Pruned> {
  const captures = { tidy: async () => {}, forgetBefore: async () => 0, giveBack: async () => 0 };
  const writer: Writer = {
    async write(unit) {
      return unit.map(({ sql, params }) => writable.sqlite.query(sql).values(...(params as never[])));
    },
  };
  const clock = { now: () => now, tick: () => performance.now() };
  return createRetention({ captures, writer, clock, log: { warn() {}, info() {} }, keep }).prune();
}

/** A row with words in place of ids. */
export interface MonthRow {
  [column: string]: string | number | null;
  id: number;
  at: number;
  requests: number;
}

/**
 * Six thousand requests over nine days, of which the rollup has all but: two hundred that ended too late for it, fifty
 * that nobody has summed up yet, and seven that still run.
 */
export function openMonth(rows = 6_000, days = 9, tick = () => performance.now()): Month {
  const folder = mkdtempSync(join(tmpdir(), "zgate-month-"));
  const path = join(folder, "zgate.db");
  const writable = openAndMigrate(path);
  writable.sqlite.run("PRAGMA synchronous = OFF");
  makeMany(writable, { rows, days, now: now - 60_000, seed: 7, hasQuarters: true });
  addLoose(writable);
  const reader = openReadOnly(path);
  const asking = createAsking(reader, tick, 1_000);
  return {
    path,
    ask: ((name, args) =>
      asking.within(now, (answer) => answer(questions[name] as Question<unknown, unknown>, args))) as Ask,
    rows: readAll(reader),
    writable,
    close() {
      reader.close();
      writable.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Copies of rows under ids of their own: late ones in the past, new ones at the end, and some that run. */
function addLoose({ sqlite }: Connection): void {
  const columns = sqlite
    .query("select name from pragma_table_info('requests') where name <> 'id'")
    .values()
    .map(([name]) => String(name));
  const copy = sqlite.prepare(
    `insert into requests (id, ${columns.join(", ")}) select ?2, ${columns.join(", ")} from requests where id = ?1`,
  );
  const some = sqlite
    .query("select id from requests where id % 19 = 3 limit 257")
    .values()
    .map(([id]) => Number(id));
  const free = (id: number): number => {
    let next = id + 1;
    while (sqlite.query("select 1 from requests where id = ?").get(next) !== null) next++;
    return next;
  };
  some.forEach((id, index) => {
    const isNew = index >= 200;
    const own = isNew ? firstIdAt(now - 50_000 + index * 100) : free(id);
    copy.run(id, own);
    if (index >= 250) sqlite.query("update requests set outcome = 0, duration_ms = null where id = ?").run(own);
    else if (!isNew) sqlite.query("insert into late_requests (id) values (?)").run(own);
  });
}

function readAll({ sqlite }: Connection): MonthRow[] {
  return sqlite
    .query<MonthRow, []>(
      `select r.*, r.accepted_at as at, k.name as key_name, m.value as model, u.value as upstream, a.value as api,
              d.value as address, g.family as client, g.version as version, g.raw as agent
       from requests r
       left join keys k on k.id = r.key_id
       left join names m on m.id = coalesce(r.model_served_id, r.model_asked_id)
       left join names u on u.id = r.upstream_id
       left join names a on a.id = r.api_id
       left join names d on d.id = r.address_id
       left join user_agents g on g.id = r.user_agent_id
       order by r.id`,
    )
    .all();
}
