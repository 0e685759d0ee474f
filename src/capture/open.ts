import { sum } from "drizzle-orm";
import type { Clock } from "~/clock.ts";
import type { Settings } from "~/config.ts";
import type { Db } from "~/db/open.ts";
import type { Writer } from "~/db/writer.ts";
import { captures } from "../../drizzle/captures.ts";
import { type Captures, createCaptures } from "./captures.ts";
import { createPacker } from "./packer.ts";
import { createResponseJournal, type ResponseJournal } from "./responses.ts";

type CaptureSettings = Pick<
  Settings,
  "captureAllowed" | "captureBodyBytes" | "captureTotalBytes" | "captureDays" | "cacheDefaultTtlMs"
>;

/** The room of kept bodies, by what the settings say of them; `db` is read before this returns. */
export function openCaptures(
  settings: CaptureSettings,
  { db, writer, clock }: { db: Db; writer: Writer; clock: Clock },
  warn: (text: string) => void,
): { captures: Captures; responses: ResponseJournal } {
  const rules = {
    isAllowed: settings.captureAllowed,
    bodyBytes: settings.captureBodyBytes,
    totalBytes: settings.captureTotalBytes,
    days: settings.captureDays,
    responsesMs: settings.cacheDefaultTtlMs,
  };
  const stored = db
    .select({ bytes: sum(captures.bytes).mapWith(Number) })
    .from(captures)
    .get();
  const packer = createPacker();
  const { isAllowed, responsesMs: ageMs } = rules;
  const responses = createResponseJournal({ db, writer, packer, clock, ageMs, isAllowed });
  const parts = { writer, clock, rules, storedBytes: stored?.bytes ?? 0, warn, packer, responses };
  return { captures: createCaptures(parts), responses };
}
