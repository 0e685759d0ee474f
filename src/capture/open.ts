import { sum } from "drizzle-orm";
import type { Settings } from "~/config.ts";
import type { Db } from "~/db/open.ts";
import type { Writer } from "~/db/writer.ts";
import { captures } from "../../drizzle/captures.ts";
import { type Captures, createCaptures } from "./captures.ts";

/** The room of kept bodies, by what the settings say of them. */
export function openCaptures(
  settings: Pick<Settings, "captureAllowed" | "captureBodyBytes" | "captureTotalBytes" | "captureDays">,
  db: Db,
  writer: Writer,
  warn: (text: string) => void,
): Captures {
  const rules = {
    isAllowed: settings.captureAllowed,
    bodyBytes: settings.captureBodyBytes,
    totalBytes: settings.captureTotalBytes,
    days: settings.captureDays,
  };
  const stored = db
    .select({ bytes: sum(captures.bytes).mapWith(Number) })
    .from(captures)
    .get();
  return createCaptures({ writer, rules, storedBytes: stored?.bytes ?? 0, warn });
}
