import { count, eq, getTableColumns, min, sum } from "drizzle-orm";
import { type ShownBody, showBody } from "~/capture/show.ts";
import { timeOfId } from "~/record/request-id.ts";
import { captures } from "../../drizzle/captures.ts";
import type { Asker } from "./question.ts";

/** What was said in one request, where it was kept. */
export interface Captured {
  keyId: number;
  request: CapturedBody;
  answer: CapturedBody;
}

export interface CapturedBody {
  /** On the wire. */
  bytes: number;
  /** Whether only its beginning was kept. */
  isCut: boolean;
  /** Null where there was none, or no room for any of it. */
  shown: ShownBody | null;
}

/** Both bodies of a request by its id; null where none were kept. */
export function captureOf({ id }: { id: number }, { connection }: Asker): Captured | null {
  const row = connection.db.select().from(captures).where(eq(captures.requestId, id)).get();
  if (row === undefined) return null;
  return {
    keyId: row.keyId,
    request: { bytes: row.requestBytes, isCut: row.requestIsCut, shown: showBody(row.request) },
    answer: { bytes: row.answerBytes, isCut: row.answerIsCut, shown: showBody(row.answer) },
  };
}

/** What is known of a request's bodies without reading them; null where none were kept. */
export function captureFacts({ id }: { id: number }, { connection }: Asker) {
  const { request: _, answer: __, ...facts } = getTableColumns(captures);
  return connection.db.select(facts).from(captures).where(eq(captures.requestId, id)).get() ?? null;
}

/** How much is kept of each key. */
export function captureSums(_: Record<never, never>, { connection }: Asker): CaptureSum[] {
  return connection.db
    .select({
      keyId: captures.keyId,
      requests: count(),
      bytes: sum(captures.bytes).mapWith(Number),
      oldest: min(captures.requestId),
    })
    .from(captures)
    .groupBy(captures.keyId)
    .all()
    .map(({ oldest, ...rest }) => ({ ...rest, since: timeOfId(oldest ?? 0) }));
}

export interface CaptureSum {
  keyId: number;
  requests: number;
  /** Compressed. */
  bytes: number;
  /** When the oldest of them came, in ms since 1970. */
  since: number;
}
