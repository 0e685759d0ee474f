import { asc, eq, inArray, lt } from "drizzle-orm";
import type { Clock } from "~/clock.ts";
import type { Statement, Writer } from "~/db/writer.ts";
import { build } from "~/keys/statements.ts";
import type { KeyRow } from "~/keys/verify.ts";
import { firstIdAt } from "~/record/request-id.ts";
import { type CaptureRow, captures } from "../../drizzle/captures.ts";
import type { Packed } from "./pack.ts";
import type { Packer } from "./packer.ts";
import { type ResponseJournal, responsesOf, staleResponses } from "./responses.ts";
import { createTape, type Recording, type Tape } from "./tape.ts";

/** What is kept of bodies. */
export interface CaptureRules {
  /** Whether any key may be captured at all. */
  isAllowed: boolean;
  /** Of each body. */
  bodyBytes: number;
  /** Of all of them, compressed: the oldest give way. */
  totalBytes: number;
  /** How long they stay, unless their rows go before. */
  days: number;
  /** How long a response may be gone on with, and is kept for that. */
  responsesMs: number;
}

/** Bodies of the keys whose owner wants them kept. Alone in writing them. */
export interface Captures {
  readonly rules: CaptureRules;
  /** Whether what is said with this key is kept. */
  isCaptured(key: Pick<KeyRow, "capture">): boolean;
  /** A tape for one exchange of the key's; null where nothing of it is kept. */
  tapeFor(key: KeyRow, requestId: number): Tape | null;
  /** Deletes what a key has here; says how many bodies' requests that were. */
  forget(keyId: number): Promise<number>;
  /** Deletes what is too old or too much, some at a time. */
  tidy(): Promise<void>;
  /** Deletes what belongs to requests before this one, some at a time. */
  forgetBefore(requestId: number): Promise<number>;
  /** Deletes the oldest until so many bytes are gone, or all are; says how many bytes it were. */
  giveBack(bytes: number): Promise<number>;
  stats(): CaptureStats;
  /** Resolves when what is over by now is written, or lost. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

export interface CaptureStats {
  /** Bytes of memory in hand. */
  held: number;
  /** Bytes of all that are stored. */
  stored: number;
  /** Requests whose bodies were to be kept and could not be written. */
  lost: number;
}

interface Parts {
  writer: Writer;
  clock: Pick<Clock, "now">;
  rules: CaptureRules;
  /** What is stored when this opens. */
  storedBytes: number;
  warn(text: string): void;
  packer: Packer;
  /** What is written for it counts as well when this is to be settled. */
  responses?: Pick<ResponseJournal, "settled">;
  /** Memory for bodies on their way. */
  mostHeld?: number;
}

export function createCaptures(parts: Parts): Captures {
  const { writer, clock, rules, storedBytes, warn, packer, responses, mostHeld } = parts;
  const most = mostHeld ?? usualHeld;
  let held = 0;
  let stored = storedBytes;
  let lost = 0;
  let isLosing = false;
  const ready: Ready[] = [];
  let packing = 0;
  let isWriting = false;
  let idle: PromiseWithResolvers<void> | null = null;

  const allowance = {
    take(bytes: number): boolean {
      if (held + bytes > most) return false;
      held += bytes;
      return true;
    },
  };

  /** Nobody waits for it. */
  async function keep(recording: Recording): Promise<void> {
    const { request, answer, secrets } = recording;
    packing++;
    try {
      const packed = await packer.pack({ request, answer }, { secrets, most: rules.bodyBytes });
      ready.push({ row: rowOf(recording, packed.request!, packed.answer!), held: recording.held });
    } catch (error) {
      held -= recording.held;
      lose(1, error);
    }
    packing--;
    if (!isWriting) await write();
  }

  /** One transaction after the other, each of them small: rows have their turn in between. */
  async function write(): Promise<void> {
    isWriting = true;
    for (let batch = nextBatch(); batch.length > 0; batch = nextBatch()) {
      const rows = batch.map(({ row }) => row);
      const bytes = sum(rows.map((row) => row.bytes));
      try {
        await makePlace(stored + bytes - rules.totalBytes);
        await writer.write(rows.map((row) => build.insert(captures).values(row).onConflictDoNothing().toSQL()));
        stored += bytes;
        isLosing = false;
      } catch (error) {
        lose(batch.length, error);
      }
      for (const { held: mine } of batch) held -= mine;
    }
    isWriting = false;
    if (packing > 0) return;
    idle?.resolve();
    idle = null;
  }

  function nextBatch(): Ready[] {
    let count = 0;
    for (let bytes = 0; count < Math.min(ready.length, batchRows); count++) {
      bytes += ready[count]!.row.bytes;
      if (count > 0 && bytes > batchBytes) break;
    }
    return ready.splice(0, count);
  }

  function lose(count: number, error: unknown): void {
    lost += count;
    if (isLosing) return;
    isLosing = true;
    warn(`what was said in a captured request could not be kept (${error instanceof Error ? error.message : error})`);
  }

  /** Deletes the oldest, until so many bytes are gone. */
  async function makePlace(bytes: number, betweenMs = 0): Promise<number> {
    let gone = 0;
    while (gone < bytes) {
      const oldest = build
        .select({ id: captures.requestId })
        .from(captures)
        .orderBy(asc(captures.requestId))
        .limit(batchRows);
      const step = await remove(build.delete(captures).where(inArray(captures.requestId, oldest)));
      if (step.rows === 0) break;
      gone += step.bytes;
      if (betweenMs > 0) await Bun.sleep(betweenMs);
    }
    return gone;
  }

  /** What is to be gone for good is overwritten in the file as well, and not only no longer pointed at. */
  async function remove(deletion: Deletion, isForGood = false): Promise<{ rows: number; bytes: number }> {
    const statement = deletion.returning({ bytes: captures.bytes }).toSQL();
    const results = await writer.write(isForGood ? [overwrite("on"), statement, overwrite("off")] : [statement]);
    const rows = results[isForGood ? 1 : 0] ?? [];
    const bytes = sum(rows.map(([one]) => Number(one)));
    stored -= bytes;
    return { rows: rows.length, bytes };
  }

  async function wipe(where: Condition): Promise<number> {
    for (let gone = 0; ; ) {
      const some = build.select({ id: captures.requestId }).from(captures).where(where).limit(batchRows);
      const { rows } = await remove(build.delete(captures).where(inArray(captures.requestId, some)), true);
      gone += rows;
      if (rows < batchRows) return gone;
      await Bun.sleep(pauseMs);
    }
  }

  const isCaptured: Captures["isCaptured"] = (key) => key.capture && rules.isAllowed;
  const settled = async () => {
    await responses?.settled();
    if (packing === 0 && !isWriting) return;
    idle ??= Promise.withResolvers<void>();
    await idle.promise;
  };
  return {
    rules,
    isCaptured,
    tapeFor(key, requestId) {
      return isCaptured(key) ? createTape({ requestId, keyId: key.id }, rules.bodyBytes, allowance, keep) : null;
    },
    async forget(keyId) {
      // What is still on its way belongs to it as well.
      await briefly(settled());
      await writer.write([overwrite("on"), responsesOf(keyId), overwrite("off")]);
      return wipe(eq(captures.keyId, keyId));
    },
    async tidy() {
      const stale = staleResponses(clock.now() - rules.responsesMs);
      await writer.write([overwrite("on"), stale, overwrite("off")]);
      await wipe(lt(captures.requestId, firstIdAt(clock.now() - rules.days * dayMs)));
      await makePlace(stored - rules.totalBytes, pauseMs);
    },
    forgetBefore: (requestId) => wipe(lt(captures.requestId, requestId)),
    giveBack: (bytes) => makePlace(bytes, pauseMs),
    stats: () => ({ held, stored, lost }),
    settled,
    async close() {
      await briefly(settled());
      packer.close();
    },
  };
}

const briefly = (promise: Promise<void>) => Promise.race([promise, Bun.sleep(2_000)]);

const usualHeld = 64 * 1024 * 1024;
/** A transaction that holds rows of requests as well: this much takes it a few milliseconds. */
const batchRows = 64;
const batchBytes = 256 * 1024;
const pauseMs = 15;
const dayMs = 86_400_000;

const overwrite = (how: "on" | "off"): Statement => ({ sql: `pragma secure_delete = ${how}`, params: [] });

interface Ready {
  row: CaptureRow;
  held: number;
}

type Deletion = ReturnType<typeof deletion>;
const deletion = () => build.delete(captures).where(eq(captures.keyId, 0));
type Condition = ReturnType<typeof eq>;

function rowOf(recording: Recording, request: Packed, answer: Packed): CaptureRow {
  const { requestId, keyId, requestBytes, answerBytes } = recording;
  const blob = ({ stored }: Packed) => (stored === null ? null : Buffer.from(stored));
  const row = { request: blob(request), answer: blob(answer) };
  return {
    requestId,
    keyId,
    bytes: (row.request?.length ?? 0) + (row.answer?.length ?? 0),
    requestBytes,
    answerBytes,
    requestIsCut: request.isCut,
    answerIsCut: answer.isCut,
    ...row,
  };
}

function sum(numbers: number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}
