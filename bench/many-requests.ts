/**
 * Makes a month of traffic: rows and cells as zgate itself would have written them, from a seed, in minutes. Twenty keys,
 * three user agents each, three models, two APIs, two upstreams, all outcomes; quiet nights and busy days.
 */

import { idsPerMs } from "../drizzle/requests.ts";
import { costNano, listedPrices } from "../src/chat/prices.ts";
import type { Connection } from "../src/db/open.ts";
import { errorKinds } from "../src/errors.ts";
import { outcomes } from "../src/record/record.ts";
import { firstIdAt } from "../src/record/request-id.ts";
import { keptSince } from "../src/record/retention.ts";
import { createRoller } from "../src/record/rollup.ts";
import { rollupStatements } from "../src/record/statements.ts";

const dayMs = 86_400_000;
/** Several hours: fewer rounds write the same cells less often. */
const rowsARound = 65_536;

export interface Many {
  rows: number;
  days: number;
  /** The end of the traffic, ms since 1970. */
  now: number;
  seed?: number;
  /** Whether there are cells of quarters of an hour; retention's own rule where nobody says. */
  hasQuarters?: boolean;
  /** So many of the last are in no cell yet. */
  waiting?: number;
  say?(text: string): void;
}

const models = ["glm-4.7", "glm-4.6", "glm-4.5-air"];
const families = ["Claude Code", "Cherry Studio", "openai-python", "OpenAI/JS", "Cline", "Open WebUI", "curl"];
const columns =
  "id, skew_ms, outcome, requests, method_id, path_id, api_id, address_id, user_agent_id, key_id, secret_id, model_asked_id, model_served_id, upstream_id, credential_id, stream, status, error_kind, error_text, attempts, queued_ms, upstream_headers_ms, first_token_ms, duration_ms, overhead_us, tokens_in, tokens_out, tokens_cached, tokens_reasoning, token_source, bytes_in, bytes_out, cost_nano, cost_currency";

/** Fills an empty database. */
export function makeMany(
  { sqlite }: Connection,
  { rows, days, now, seed = 1, hasQuarters, waiting = 0, say = () => {} }: Many,
): void {
  const random = createRandom(seed);
  fillSmallTables(sqlite);
  const insert = sqlite.prepare(`insert into requests (${columns}) values (${columns.replaceAll(/\w+/g, "?")})`);
  const begin = now - days * dayMs;
  let made = 0;
  let last = 0;
  for (let hour = 0; hour < days * 24; hour++) {
    const share = (1 + 0.8 * Math.sin(((hour % 24) / 24) * 2 * Math.PI)) / (days * 24);
    const count = hour === days * 24 - 1 ? rows - made : Math.min(rows - made, Math.round(rows * share));
    sqlite.run("BEGIN");
    for (let n = 0; n < count; n++) {
      const ms = begin + hour * 3_600_000 + Math.floor(((n + random()) / count) * 3_600_000);
      last = Math.max(last + 1, firstIdAt(ms) + Math.floor(random() * (idsPerMs / 2)));
      insert.run(...makeRow(last, random));
    }
    sqlite.run("COMMIT");
    made += count;
    if (hour % 72 === 71) say(`${made.toLocaleString("en-US")} rows`);
  }
  // What retention would have taken away already is not made.
  const mark = sqlite.prepare("insert or replace into rollup_marks (name, value) values (?, ?)");
  const recent = rows * Math.min(1, 35 / days);
  for (const [grain, since] of keptSince(Math.floor(now / dayMs), recent, hasQuarters !== true)) mark.run(grain, since);
  for (let left = rows - waiting; left > 0; left -= rowsARound) {
    const roller = createRoller(sqlite, rollupStatements(), Math.min(rowsARound, left));
    sqlite.run("BEGIN");
    roller.roll(last);
    sqlite.run("COMMIT");
  }
  sqlite.run("ANALYZE");
}

/** A generator of numbers in [0, 1) that a seed decides: mulberry32. */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const firstName = 2;
const ids = { post: 2, path: 3, chat: 4, messages: 5, model: 6, upstream: 9, credential: 11, address: 12 };
const addresses = 200;

function fillSmallTables(sqlite: Connection["sqlite"]): void {
  const names: [number, string][] = [
    [1, "POST"],
    [2, "/v1/chat/completions"],
    [3, "chat"],
    [3, "messages"],
    ...models.map((model): [number, string] => [5, model]),
    [6, "zai"],
    [6, "backup"],
    [7, "main"],
    ...Array.from({ length: addresses }, (_, n): [number, string] => [4, `198.51.100.${n}`]),
  ];
  const name = sqlite.prepare("insert or ignore into names (id, kind, value) values (?, ?, ?)");
  name.run(1, 0, "other");
  names.forEach(([kind, value], at) => {
    name.run(firstName + at, kind, value);
  });
  const agent = sqlite.prepare("insert or ignore into user_agents (id, raw, family, version) values (?, ?, ?, ?)");
  agent.run(1, "other", "other", "");
  for (let n = 0; n < 60; n++) {
    const family = families[n % families.length]!;
    agent.run(2 + n, `${family}/1.${n}`, family, `1.${n}`);
  }
  const key = sqlite.prepare("insert or ignore into keys (id, name, rights, created_at) values (?, ?, 1, 0)");
  for (let n = 1; n <= 20; n++) key.run(n, `key ${n}`);
}

const failures = ["upstream_timeout", "upstream_overloaded", "upstream_rate_limited", "upstream_incomplete"] as const;
const refusals = ["rate_limited", "budget_used_up", "invalid_request", "model_not_allowed"] as const;

function makeRow(id: number, random: () => number): (number | string | null)[] {
  const lot = random();
  const outcome =
    lot < 0.9 ? "completed" : lot < 0.94 ? "failed" : lot < 0.97 ? "aborted" : lot < 0.999 ? "rejected" : "lost";
  const key = 1 + Math.floor(random() ** 2 * 20);
  const agent = 2 + (key - 1) * 3 + Math.floor(random() * 3);
  const model = Math.floor(random() ** 1.5 * 3);
  const asks = outcome !== "rejected" && outcome !== "lost";
  const kind = outcome === "failed" ? pick(failures, random) : outcome === "rejected" ? pick(refusals, random) : null;
  const first = asks ? Math.round(300 * Math.exp(normal(random) * 0.6) * (1 + model)) : null;
  const answer = asks ? Math.round(4_000 * Math.exp(normal(random) * 0.9)) : 0;
  const hasTokens = outcome === "completed" || outcome === "aborted";
  const tokensIn = hasTokens ? Math.round(800 * Math.exp(normal(random))) : null;
  const tokensOut = hasTokens ? Math.round(answer * (0.03 + 0.03 * random())) : null;
  const cached = hasTokens && random() < 0.4 ? Math.floor(tokensIn! * random()) : 0;
  const price = listedPrices.get(models[model]!)!;
  return [
    id,
    0,
    outcomes[outcome],
    1,
    ids.post,
    ids.path,
    random() < 0.7 ? ids.chat : ids.messages,
    ids.address + Math.floor(random() ** 3 * addresses),
    agent,
    key,
    key,
    ids.model + model,
    asks ? ids.model + model : null,
    asks ? ids.upstream + (random() < 0.8 ? 0 : 1) : null,
    asks ? ids.credential : null,
    random() < 0.8 ? 1 : 0,
    outcome === "completed" ? 200 : kind === null ? null : errorKinds[kind].status,
    kind === null ? null : errorKinds[kind].code,
    outcome === "failed" ? `HTTP ${500 + Math.floor(random() * 20)}` : null,
    asks ? 1 + Math.floor(random() ** 8 * 3) : 0,
    Math.floor(random() ** 6 * 200),
    first === null ? null : Math.round(first * 0.8),
    outcome === "failed" ? null : first,
    outcome === "lost" ? null : asks ? first! + answer : 1,
    outcome === "lost" ? null : Math.round(250 * Math.exp(normal(random) * 0.5)),
    tokensIn,
    tokensOut,
    hasTokens ? cached : null,
    hasTokens ? Math.floor(tokensOut! * random() * 0.5) : null,
    hasTokens ? (random() < 0.97 ? 1 : 2) : 0,
    2_000,
    8_000,
    hasTokens ? costNano(price, { in: tokensIn!, cached, out: tokensOut! }) : null,
    hasTokens ? 1 : null,
  ];
}

function pick<T>(list: readonly T[], random: () => number): T {
  return list[Math.floor(random() * list.length)]!;
}

/** Box and Muller's. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
