/**
 * `bun run db:check`: the migrations lead to exactly the tables that `drizzle/` describes, and the binary carries all of
 * them. Prints what is missing and fails otherwise.
 */
import { readFileSync } from "node:fs";
import { generateSQLiteDrizzleJson, generateSQLiteMigration } from "drizzle-kit/api";
import * as schema from "../drizzle/schema.ts";
import journal from "../migrations/meta/_journal.json";
import { migrations } from "../src/db/migrations.ts";

const last = journal.entries.at(-1);
if (last === undefined) throw new Error("migrations/meta/_journal.json is empty");
const number = String(last.idx).padStart(4, "0");
const before = JSON.parse(readFileSync(`migrations/meta/${number}_snapshot.json`, "utf8"));
const missing = await generateSQLiteMigration(before, await generateSQLiteDrizzleJson(schema, before.id));

const generated = journal.entries.map((entry) => entry.tag).join(", ");
const carried = migrations.map((migration) => migration.tag).join(", ");
if (generated !== carried) {
  console.error(`src/db/migrations.ts lists ${carried}\nbut migrations/ holds ${generated}`);
  process.exit(1);
}
if (missing.length > 0) {
  console.error(`drizzle/ is ahead of migrations/; bun run db:generate would write:\n\n${missing.join("\n")}`);
  process.exit(1);
}
console.log(`${journal.entries.length} migrations lead to the schema`);
