/**
 * `bun bench/ten-million.ts [rows] [folder]`: makes ten million requests over thirty days, unless the folder has them
 * already, and asks what the dashboard asks, in the time zone of half an hour, with two thousand requests that wait for the
 * rollup. Prints milliseconds: the first answer over a new connection; one whose sums are not remembered, as after each
 * round of the rollup; one whose sums are; and the CPU time of the last two, which a busy machine changes less. The whole
 * overview: its numbers and charts, the period before, the filters' choices and seven breakdowns with their lines.
 */
import { existsSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { BreakdownArgs } from "../src/analytics/breakdown.ts";
import { createAsking, type Question } from "../src/analytics/question.ts";
import { questions } from "../src/analytics/questions.ts";
import type { FilterName, Filters } from "../src/analytics/scope.ts";
import { readRange } from "../src/dashboard/range.ts";
import { openAndMigrate, openReadOnly } from "../src/db/open.ts";
import { makeMany } from "./many-requests.ts";

const rows = Number(process.argv[2] ?? 10_000_000);
const folder = process.argv[3] ?? join(process.cwd(), "bench/results/ten-million");
const zone = "Asia/Kolkata";
const now = Date.UTC(2026, 10, 22, 9, 41, 7, 123);

mkdirSync(folder, { recursive: true });
const path = join(folder, `many-${rows}.db`);
if (!existsSync(path)) {
  const started = performance.now();
  const connection = openAndMigrate(path);
  connection.sqlite.run("PRAGMA synchronous = OFF");
  makeMany(connection, { rows, days: 30, now, waiting: 2_048, say: console.log });
  connection.close();
  console.log(`made in ${Math.round((performance.now() - started) / 1000)} s`);
}
const reader = openReadOnly(path);
const count = (table: string) => Number(reader.sqlite.query(`select count(*) from ${table}`).values()[0]?.[0]);
console.log(
  `${count("requests")} rows, ${count("cells")} cells, ${count("series")} series, ${Math.round(statSync(path).size / 1e6)} MB`,
);
reader.close();

const range = readRange(new URLSearchParams("range=30d"), now, zone);
const filterSets: Record<string, Filters> = {
  "no filter": {},
  "one filter (key)": { key: "3" },
  "one filter (outcome)": { outcome: "failed" },
  "two filters (model, api)": { model: "glm-4.6", api: "chat" },
  "two filters (key, client)": { key: "2", client: "Cline" },
  "two filters (api, completed)": { api: "chat", outcome: "completed" },
  "two filters (key, status 200)": { key: "2", status: "200" },
  "three filters (model, api, upstream)": { model: "glm-4.6", api: "chat", upstream: "zai" },
};
const breakdowns: FilterName[] = ["model", "upstream", "key", "client", "error", "status", "api"];

console.log(`\n${"milliseconds".padEnd(58)}    first      new     CPU    again     CPU`);
for (const [name, filters] of Object.entries(filterSets)) {
  const scope = { from: range.from, to: range.to, filters };
  time(`the whole overview, ${name}`, (ask) => {
    ask("overview", { scope, before: range.before, starts: range.starts });
    ask("choices", {});
    for (const by of breakdowns) {
      ask("breakdown", { scope, by, starts: range.starts, limit: 8, order: "requests" } satisfies BreakdownArgs);
    }
  });
  time(`first page of requests, ${name}`, (ask) => ask("requestList", { scope, search: "", from: null, limit: 50 }));
}
const scope = { from: range.from, to: range.to, filters: {} };
for (const [name, filters] of Object.entries({
  address: { address: "198.51.100.150" },
  agent: { agent: "curl/1.6" },
  version: { version: "1.59" },
} satisfies Record<string, Filters>)) {
  time(`requests by ${name}`, (ask) =>
    ask("requestList", { scope: { ...scope, filters }, search: "", from: null, limit: 50 }),
  );
}
time("search for an error text", (ask) => ask("requestList", { scope, search: "HTTP 519", from: null, limit: 50 }));
time("search in vain", (ask) => ask("requestList", { scope, search: "no such words", from: null, limit: 50 }));
time("breakdown by address", (ask) =>
  ask("breakdown", { scope, by: "address", starts: range.starts, limit: 10, order: "failures" }),
);

type Ask = (name: keyof typeof questions, args: unknown) => unknown;

function time(what: string, run: (ask: Ask) => unknown): void {
  const connection = openReadOnly(path);
  const took = Array.from({ length: 6 }, () => {
    const asking = createAsking(connection, () => performance.now());
    // Series are known from the first question on.
    asking.within(now, (answer) => answer(questions.choices, {}));
    return [0, 1].map(() => {
      const from = performance.now();
      const before = process.cpuUsage();
      asking.within(now, (answer) => run((name, args) => answer(questions[name] as Question<unknown, unknown>, args)));
      const { user, system } = process.cpuUsage(before);
      return { wall: performance.now() - from, cpu: (user + system) / 1000 };
    });
  });
  connection.close();
  const [[first] = [], ...rest] = took;
  const median = (at: number, of: "wall" | "cpu") => rest.map((one) => one[at]![of]).sort((a, b) => a - b)[2]!;
  const columns = [first!.wall, median(0, "wall"), median(0, "cpu"), median(1, "wall"), median(1, "cpu")];
  console.log(`${what.padEnd(58)}${columns.map((ms) => ms.toFixed(1).padStart(9)).join("")}`);
}
