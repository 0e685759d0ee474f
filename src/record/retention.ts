import type { Clock } from "~/clock.ts";
import type { Control } from "~/db/socket.ts";
import type { Statement, StoreLog, Writer } from "~/db/writer.ts";
import type { Grain } from "../../drizzle/cells.ts";
import { cellId, minuteOfRequest } from "./cell.ts";
import { firstIdAt } from "./request-id.ts";

/** What is kept. Days are UTC days, and only whole ones go. */
export interface Keep {
  /** Days of rows, today among them; null keeps all. */
  rowDays: number | null;
  /** Bytes of the database: the oldest rows give way, but never those of today and yesterday. Null sets no bound. */
  maxBytes: number | null;
}

export interface Pruned {
  /** Days of rows that are gone now, as `2026-11-22`. */
  days: string[];
  rows: number;
  cells: number;
  bytes: number;
}

export interface Retention {
  /** Takes what is too old, then what is too much. A second call while one runs joins it. */
  prune(keep?: Keep): Promise<Pruned>;
  /** Looks every hour from now on. */
  start(): void;
  stop(): void;
}

/** How long cells are kept; days stay for ever. Two years of half-hour zones' hours are not what a disk is for. */
const cellDays = { minute: 2, quarter: 35, hour: 396 } as const satisfies Partial<Record<Grain, number>>;

/**
 * Quarters of an hour are for zones whose days begin at half past, and most of what a small database would hold: with so
 * few requests in their 35 days, the rows of those half hours are read as fast (docs/decisions/011-bytes-a-request.md).
 */
export const fewRequests = 250_000;

/**
 * Since which minute each grain's cells are kept, of `today` (days since 1970). `requests` came while quarters would be
 * kept; `haveRows`: the rows of that time stand.
 */
export function keptSince(today: number, requests: number, haveRows: boolean): [Grain, number][] {
  const quarter = requests <= fewRequests && haveRows ? cellDays.minute : cellDays.quarter;
  return Object.entries({ ...cellDays, quarter }).map(([grain, days]) => [grain as Grain, (today - days) * 1440]);
}

/** What is kept of bodies: it goes before rows do. */
export interface PrunedBodies {
  /** Deletes what is too old or too much by their own rules. */
  tidy(): Promise<void>;
  /** Deletes what belongs to requests before this one. */
  forgetBefore(requestId: number): Promise<number>;
  /** Deletes the oldest, so many bytes of them or all. Says how many bytes it were. */
  giveBack(bytes: number): Promise<number>;
}

interface Parts {
  writer: Writer;
  clock: Clock;
  log: StoreLog;
  keep: Keep;
  captures: PrunedBodies;
}

export function createRetention(parts: Parts): Retention {
  const { writer, clock, log, captures } = parts;
  let running: Promise<Pruned> | null = null;
  let timer: Timer | null = null;

  async function prune(keep: Keep): Promise<Pruned> {
    const pruned: Pruned = { days: [], rows: 0, cells: 0, bytes: 0 };
    const today = Math.floor(clock.now() / dayMs);
    // A limit of size may take rows of any age, and then nothing else tells quarters of an hour apart.
    const haveRows = keep.maxBytes === null && (keep.rowDays === null || keep.rowDays >= cellDays.quarter);
    const recent = await requestsSince(writer, (today - cellDays.quarter) * 1440);
    for (const [grain, since] of keptSince(today, recent, haveRows)) {
      pruned.cells += await pruneCells(writer, grain, since);
    }
    const before = await sizeOf(writer);
    await captures.tidy();
    if (keep.maxBytes !== null) await pruneBodies(keep.maxBytes);
    let oldest = await oldestDay(writer);
    while (oldest !== null) {
      const isOld = keep.rowDays !== null && oldest <= today - keep.rowDays;
      const isTooMuch = keep.maxBytes !== null && oldest < today - 1 && (await sizeOf(writer)) > keep.maxBytes;
      if (!isOld && !isTooMuch) break;
      await captures.forgetBefore(firstIdAt((oldest + 1) * dayMs));
      pruned.rows += await pruneDay(writer, oldest);
      pruned.days.push(new Date(oldest * dayMs).toISOString().slice(0, 10));
      oldest = await oldestDay(writer);
    }
    await giveBack(writer);
    pruned.bytes = Math.max(0, before - (await sizeOf(writer)));
    if (pruned.rows > 0) log.info(`retention took ${pruned.rows} rows of ${pruned.days.length} days`);
    return pruned;
  }

  /** As long as there are bodies, no row has to go for the size. */
  async function pruneBodies(maxBytes: number): Promise<void> {
    for (;;) {
      const tooMuch = (await sizeOf(writer)) - maxBytes;
      if (tooMuch <= 0 || (await captures.giveBack(tooMuch)) === 0) return;
    }
  }

  const retention: Retention = {
    prune(keep = parts.keep) {
      running ??= prune(keep).finally(() => {
        running = null;
      });
      return running;
    },
    start() {
      timer = setInterval(() => {
        retention.prune().catch((error: Error) => log.warn(`retention did not finish: ${error.message}`));
      }, 3_600_000);
      timer.unref();
    },
    stop() {
      if (timer !== null) clearInterval(timer);
    },
  };
  return retention;
}

/** Lets the command line prune while the server has the database. `note` puts what went on the audit log. */
export function answerPrunes(
  control: Control,
  retention: Retention,
  note: (pruned: Pruned) => Promise<unknown> | null,
): void {
  control.on("prune", async ({ rowDays, maxBytes }) => {
    const pruned = await retention.prune({ rowDays: numberOrNull(rowDays), maxBytes: numberOrNull(maxBytes) });
    await note(pruned);
    return pruned;
  });
}

const dayMs = 86_400_000;
/** Rows or series a step. A step is one commit of a few milliseconds, and between two of them requests have their turn. */
const rowsAStep = 1_000;
const seriesAStep = 200;
const pauseMs = 15;

async function pruneDay(writer: Writer, day: number): Promise<number> {
  const end = firstIdAt((day + 1) * dayMs);
  // First of all: from here on no question takes the day for whole.
  await ask(writer, setMark("rows", end));
  await deleteInSteps(
    writer,
    "delete from attempts where rowid in (select rowid from attempts where request_id < ? order by request_id limit ?) returning 1",
    end,
  );
  return deleteInSteps(
    writer,
    "delete from requests where id in (select id from requests where id < ? order by id limit ?) returning 1",
    end,
  );
}

async function deleteInSteps(writer: Writer, sql: string, end: number): Promise<number> {
  let rows = 0;
  for (;;) {
    const gone = await ask(writer, { sql, params: [end, rowsAStep] });
    rows += gone.length;
    if (gone.length < rowsAStep) return rows;
    await Bun.sleep(pauseMs);
  }
}

/** How many requests the days from a minute on count. */
async function requestsSince(writer: Writer, minute: number): Promise<number> {
  const [[requests = 0] = []] = await ask(writer, {
    sql: `with total as (select id * ${cellId(1, "minute", 0)} as first from series
            where key_id = 0 and api_id = 0 and model_id = 0 and upstream_id = 0 and family_id = 0
              and outcome = 0 and error_kind = 0 and status = 0)
          select coalesce(sum(completed + failed + aborted + rejected + lost), 0) from total, cells
          where cells.id >= first + ? and cells.id < first + ?`,
    params: [cellId(0, "day", minute), cellId(1, "minute", 0)],
  });
  return Number(requests);
}

async function pruneCells(writer: Writer, grain: Grain, before: number): Promise<number> {
  const [[mark = 0] = []] = await ask(writer, {
    sql: "select value from rollup_marks where name = ?",
    params: [grain],
  });
  if (Number(mark) >= before) return 0;
  await ask(writer, setMark(grain, before));
  const [[last = 0] = []] = await ask(writer, { sql: "select max(id) from series", params: [] });
  let cells = 0;
  for (let series = 1; series <= Number(last); series += seriesAStep) {
    const unit: Statement[] = [];
    for (let id = series; id < series + seriesAStep && id <= Number(last); id++) {
      const params = [cellId(id, grain, 0), cellId(id, grain, 0) + before];
      unit.push({ sql: "delete from cells where id >= ? and id < ? returning 1", params });
    }
    for (const gone of await writer.write(unit)) cells += gone.length;
    await Bun.sleep(pauseMs);
  }
  return cells;
}

/** Gives free pages back to the disk, some at a time. */
async function giveBack(writer: Writer): Promise<void> {
  for (;;) {
    const [[free = 0] = []] = await ask(writer, { sql: "pragma freelist_count", params: [] });
    // What a day writes anew may as well stay.
    if (Number(free) < keptPages) return;
    await ask(writer, { sql: `pragma incremental_vacuum(${pagesAStep})`, params: [] });
    await Bun.sleep(pauseMs);
  }
}

const keptPages = 256;
const pagesAStep = 512;

/** The oldest day with rows, of those that the rollup has. */
async function oldestDay(writer: Writer): Promise<number | null> {
  const [[id, rolled] = []] = await ask(writer, {
    sql: `select (select id from requests order by id limit 1),
          min((select value from rollup_marks where name = 'rolled'),
              coalesce((select id from late_requests order by id limit 1), 1 << 53))`,
    params: [],
  });
  if (id === null || id === undefined) return null;
  const day = Math.floor(minuteOfRequest(Number(id)) / 1440);
  return firstIdAt((day + 1) * dayMs) <= Number(rolled ?? 0) ? day : null;
}

/** Bytes in use: free pages are given back. */
async function sizeOf(writer: Writer): Promise<number> {
  const [[count], [free], [size]] = (await writer.write(
    ["pragma page_count", "pragma freelist_count", "pragma page_size"].map((sql) => ({ sql, params: [] })),
  )) as [[[number]], [[number]], [[number]]];
  return (count[0] - free[0]) * size[0];
}

function setMark(name: string, value: number): Statement {
  return {
    sql: "insert into rollup_marks (name, value) values (?, ?) on conflict (name) do update set value = excluded.value",
    params: [name, value],
  };
}

async function ask(writer: Writer, statement: Statement): Promise<unknown[][]> {
  return (await writer.write([statement]))[0] ?? [];
}

function numberOrNull(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}
