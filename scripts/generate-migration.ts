/**
 * `bun run db:generate [--name what_changes] [--custom]`: a migration for what changed in `drizzle/`. drizzle-kit writes
 * it; this adds STRICT to the new tables, which drizzle-kit cannot say, so that a text never ends up in a number's
 * column. Afterwards the new file wants its line in `src/db/migrations.ts`.
 * https://www.sqlite.org/stricttables.html
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

const sqlFiles = () => readdirSync("migrations").filter((file) => file.endsWith(".sql"));
const older = sqlFiles();
const generate = Bun.spawnSync(
  ["bun", "x", "drizzle-kit", "generate", "--config", "drizzle/config.ts", ...process.argv.slice(2)],
  { stdin: "inherit", stdout: "inherit", stderr: "inherit" },
);
if (generate.exitCode !== 0) process.exit(generate.exitCode);

for (const name of sqlFiles().filter((file) => !older.includes(file))) {
  const path = `migrations/${name}`;
  writeFileSync(path, readFileSync(path, "utf8").replace(/^\);$/gm, ") STRICT;"));
}
