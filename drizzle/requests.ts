import { type SQL, sql } from "drizzle-orm";
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { type ErrorKind, errorKinds } from "../src/errors.ts";
import { outcomes, tokenSources } from "../src/record/record.ts";
import { idEpochMs, idsPerMs } from "./numbers.ts";
import { flag, words } from "./words.ts";

export { idEpochMs, idsPerMs };

const errorKind = words(
  Object.fromEntries(Object.entries(errorKinds).map(([kind, { code }]) => [kind, code])) as Record<ErrorKind, number>,
);
const outcome = words(outcomes);
/** Currencies of prices. The numbers are stored. */
export const currencies = { USD: 1, CNY: 2 } as const;
const costCurrency = words(currencies);
const tokenSource = words(tokenSources);

/**
 * One row a request, from its arrival on. NULL: it never came to that, or nobody said.
 * `…_id` columns point into `names` and `user_agents` (1 is "other" there); they are no foreign keys, since the
 * recorder alone writes them and ten million look-ups would prove nothing.
 */
export const requests = sqliteTable(
  "requests",
  {
    /** `(milliseconds since idEpochMs) × idsPerMs + counter`: grows with time, so a range of time is a range of ids. */
    id: integer().primaryKey(),
    /** How far the clock stood behind the id; 0 unless it was set back, since ids only grow. */
    skewMs: integer("skew_ms").notNull(),
    /** Milliseconds since 1970, UTC. Costs no byte: computed when it is read. */
    acceptedAt: integer("accepted_at").generatedAlwaysAs(
      // In literals: SQLite allows no parameters here.
      (): SQL => sql.raw(`(id / ${idsPerMs}) + ${idEpochMs} - skew_ms`),
      { mode: "virtual" },
    ),
    outcome: outcome().notNull(),
    /** How many requests the row counts: more than 1 only where refusals share a row. */
    requests: integer().notNull().default(1),

    methodId: integer("method_id").notNull(),
    pathId: integer("path_id").notNull(),
    apiId: integer("api_id").notNull(),
    addressId: integer("address_id").notNull(),
    userAgentId: integer("user_agent_id").notNull(),
    /** What the client called its request, where that is harmless. */
    clientRequestId: text("client_request_id"),

    keyId: integer("key_id"),
    secretId: integer("secret_id"),
    modelAskedId: integer("model_asked_id"),
    modelServedId: integer("model_served_id"),
    upstreamId: integer("upstream_id"),
    credentialId: integer("credential_id"),
    stream: flag().notNull(),

    status: integer(),
    errorKind: errorKind("error_kind"),
    /** What the upstream called its error. */
    errorText: text("error_text"),
    attempts: integer().notNull(),

    /** From arrival, all of them. */
    queuedMs: integer("queued_ms"),
    upstreamHeadersMs: integer("upstream_headers_ms"),
    firstTokenMs: integer("first_token_ms"),
    durationMs: integer("duration_ms"),
    /** What zgate itself took: the duration less its queues and less the upstream. */
    overheadUs: integer("overhead_us"),

    tokensIn: integer("tokens_in"),
    tokensOut: integer("tokens_out"),
    tokensCached: integer("tokens_cached"),
    tokensReasoning: integer("tokens_reasoning"),
    tokenSource: tokenSource("token_source").notNull(),
    /** Billionths of `costCurrency`, by the price of the moment; NULL where no price or no tokens are known. */
    costNano: integer("cost_nano"),
    costCurrency: costCurrency("cost_currency"),
    bytesIn: integer("bytes_in").notNull(),
    bytesOut: integer("bytes_out").notNull(),
  },
  (table) => [
    // Each index ends in the id by itself. Rows without a key stand in none of them.
    index("requests_key").on(table.keyId).where(sql`key_id is not null`),
    // What is running (for the next start) and what went wrong. A question must repeat `outcome <> 1` word for word.
    index("requests_outcome").on(table.outcome).where(sql`outcome <> 1`),
  ],
);
