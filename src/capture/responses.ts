import { and, asc, eq, gte, lt, or, sql } from "drizzle-orm";
import type { Journal, RestoredResponse } from "~/apis/openai-responses/memory.ts";
import { readTurn } from "~/apis/openai-responses/turn.ts";
import type { Clock } from "~/clock.ts";
import type { Db } from "~/db/open.ts";
import type { Statement, Writer } from "~/db/writer.ts";
import { build, createQueue } from "~/keys/statements.ts";
import type { Sent } from "~/wire/json.ts";
import { type KeptResponseRow, keptResponses } from "../../drizzle/kept-responses.ts";
import { unpack } from "./pack.ts";
import type { Packer } from "./packer.ts";

interface Parts {
  db: Db;
  writer: Writer;
  packer: Packer;
  clock: Clock;
  /** How long an answer may be gone on with. */
  ageMs: number;
  isAllowed: boolean;
}

export type ResponseJournal = Journal & {
  /** What earlier runs wrote down and is still good, oldest first. */
  restored: RestoredResponse[];
  /** Resolves when what was handed over is written, or lost. */
  settled(): Promise<void>;
};

/**
 * Answers of captured keys, so that their conversations outlive a restart: without secrets like everything that is kept,
 * but whole, pictures in them as well, since a model is to go on with them. What is too much for that stays in memory alone.
 */
export function createResponseJournal({ db, writer, packer, clock, ageMs, isAllowed }: Parts): ResponseJournal {
  const serially = createQueue();
  let inHand = 0;
  let last: Promise<unknown> = Promise.resolve();

  // One after the other: what is dropped was written before. Nobody waits for it, and what fails is forgotten at a restart.
  const later = (work: () => Promise<unknown>) => {
    last = serially(work).catch(() => {});
  };

  return {
    keep({ keyId, id, itemIds, bytes }, { request, answer, secrets }) {
      if (bytes > mostBytes || inHand + bytes > mostInHand) return;
      inHand += bytes;
      const keptAt = clock.now();
      const gathered = (text: Sent) => ({ bytes: Uint8Array.from(Buffer.from(text)), isCut: false });
      const bodies = { request: gathered(request), answer: gathered(answer) };
      later(async () => {
        try {
          const packed = await packer.pack(bodies, { secrets, most: null });
          const [asked, told] = [packed.request?.stored, packed.answer?.stored];
          if (!asked || !told) return;
          const row = { keyId, responseId: id, keptAt, itemIds: [...itemIds], bytes };
          await writer.write([putStatement({ ...row, request: Buffer.from(asked), answer: Buffer.from(told) })]);
        } finally {
          inHand -= bytes;
        }
      });
    },
    drop: (keyId, id) => later(() => writer.write([dropStatement(keyId, id)])),
    restored: isAllowed ? restore(db, clock.now(), ageMs) : [],
    async settled() {
      await last;
    },
  };
}

/** What is too old to go on with, and what belongs to keys that are no longer captured. */
export function staleResponses(before: number): Statement {
  const { keyId, keptAt } = keptResponses;
  const isNoLongerCaptured = sql`${keyId} not in (select id from keys where capture)`;
  return build
    .delete(keptResponses)
    .where(or(lt(keptAt, before), isNoLongerCaptured))
    .toSQL();
}

export function responsesOf(keyId: number): Statement {
  return build.delete(keptResponses).where(eq(keptResponses.keyId, keyId)).toSQL();
}

/** A longer conversation is in memory alone. */
const mostBytes = 4 * 1024 * 1024;
const mostInHand = 32 * 1024 * 1024;

function restore(db: Db, now: number, ageMs: number): RestoredResponse[] {
  const isCaptured = sql`${keptResponses.keyId} in (select id from keys where capture)`;
  const rows = db
    .select()
    .from(keptResponses)
    .where(and(gte(keptResponses.keptAt, now - ageMs), isCaptured))
    .orderBy(asc(keptResponses.keptAt))
    .all();
  return rows.map(({ keyId, responseId, itemIds, bytes, keptAt, request, answer }) => ({
    keyId,
    id: responseId,
    itemIds,
    bytes,
    ageMs: Math.max(0, now - keptAt),
    read() {
      try {
        return readTurn(JSON.parse(unpack(request)), JSON.parse(unpack(answer)));
      } catch {
        // A file that somebody else wrote in: the client is told that the answer is not known.
        return null;
      }
    },
  }));
}

function putStatement(row: KeptResponseRow): Statement {
  const { keyId, responseId } = keptResponses;
  const target = [keyId, responseId];
  return build.insert(keptResponses).values(row).onConflictDoUpdate({ target, set: row }).toSQL();
}

function dropStatement(keyId: number, id: string): Statement {
  const { keyId: key, responseId } = keptResponses;
  return build
    .delete(keptResponses)
    .where(and(eq(key, keyId), eq(responseId, id)))
    .toSQL();
}
