import type { Statement } from "~/db/writer.ts";
import { settings } from "../../drizzle/settings.ts";
import { build } from "./statements.ts";

export function settingStatement(name: string, value: unknown, updatedAt: number): Statement {
  const row = { name, value, updatedAt };
  return build.insert(settings).values(row).onConflictDoUpdate({ target: settings.name, set: row }).toSQL();
}

/** The name under which the master secret's check value is kept. */
export const masterCheckName = "master_check";
