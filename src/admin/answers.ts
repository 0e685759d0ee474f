import {
  flag,
  list,
  map,
  millis,
  moment,
  number,
  object,
  orNull,
  ref,
  type Schemas,
  text,
  whole,
  word,
} from "~/docs/schema.ts";
import { limitColumns, moneyColumns } from "~/keys/limits.ts";
import { allRights } from "~/keys/rights.ts";
import { dialects } from "~/upstreams/upstream.ts";

const models = orNull(list(text(), "Models, * for any characters; null: all"));

const ranking = {
  priority: whole("Smaller ones are asked first"),
  weight: whole("Twice the weight, twice the load"),
  models,
};

const limits = Object.fromEntries(
  [...Object.keys(limitColumns), ...Object.keys(moneyColumns)].map((name) => [name, orNull(number())]),
);

const secret = {
  id: whole(),
  hint: text("What people recognise it by"),
  state: word("active", "retiring", "revoked"),
  created_at: moment(),
  not_after: orNull(moment("When a retiring one dies")),
  first_used_at: orNull(moment()),
  last_used_at: orNull(moment()),
};

const rest = orNull(object({ until: moment(), reason: text() }));

/** What the admin API answers with. */
export const adminSchemas: Schemas = {
  Key: object({
    id: whole(),
    name: text(),
    note: text(),
    state: word("active", "disabled", "expired", "revoked"),
    built_in: flag("It is zgate's own: for requests without a key"),
    rights: list(word(...allRights)),
    models,
    networks: orNull(list(text(), "Addresses and networks it may be used from; null: all")),
    limits: object(limits),
    capture: flag("Whether the bodies of its requests and answers are kept for a while"),
    created_at: moment(),
    expires_at: orNull(moment()),
    rotate_after_days: orNull(whole()),
    rotation_due: flag("Its secret is older than its owner wants it to be"),
    last_used_at: orNull(moment()),
    secrets: list(ref("KeySecret"), "The living ones, newest first: two at most"),
  }),
  KeySecret: object(secret),
  IssuedKey: object({
    key: ref("Key"),
    secret: ref("KeySecret"),
    token: orNull(text("The string to hand out, shown once; null where the request was a repetition")),
    notice: orNull(text("What else its owner should know")),
  }),
  SecretUse: object({
    ...secret,
    requests_last_hour: whole(),
    clients: list(object({ user_agent: text(), address: text(), requests: whole(), last_at: moment() })),
  }),
  Captures: object({
    allowed: flag("Whether any key may be captured: CAPTURE_ALLOWED"),
    body_bytes: whole("What is kept of each body at most: CAPTURE_MAX_SIZE"),
    total_bytes: whole("What all may take on the disk: CAPTURE_TOTAL_SIZE"),
    days: whole("How long they are kept: CAPTURE_DAYS"),
    data: list(
      object({
        key: whole(),
        name: text(),
        requests: whole("Requests whose bodies are kept"),
        bytes: whole("What they take, compressed"),
        since: moment("When the oldest of them came"),
      }),
    ),
  }),
  Capture: object({ request_id: text(), key: whole(), request: ref("CapturedBody"), answer: ref("CapturedBody") }),
  CapturedBody: object({
    bytes: whole("How long it was on the wire"),
    truncated: flag("Whether only its beginning was kept"),
    text: orNull(text("Without secrets; null where there was none, or no room to keep it")),
    words: list(object({ name: text(), text: text() }), "What a stream says, put together from its events"),
  }),
  Pause: object({ paused: flag(), message: orNull(text("What those who ask are told")), since: orNull(moment()) }),
  Block: object({ network: text(), note: text(), created_at: moment() }),
  Price: object({
    model: text(),
    currency: word("USD", "CNY"),
    input: number("For a million tokens"),
    cached: number("For a million tokens that the upstream had in its cache"),
    output: number("For a million tokens"),
    as_of: text("The day since when", { format: "date" }),
    source: word("list", "owner"),
  }),
  AuditEntry: object({
    id: whole(),
    at: moment(),
    actor: text("`key NAME`, `dashboard`, `command line`"),
    action: text("", { examples: ["key.rotate"] }),
    subject: text(),
    before: orNull(map({})),
    after: orNull(map({})),
    address: text(),
    user_agent: text(),
  }),
  Upstream: object({
    id: orNull(whole("null for the one of the environment")),
    name: text(),
    dialect: word(...dialects),
    url: text(),
    state: word("active", "disabled"),
    built_in: flag("It stands in the environment"),
    coding_plan: flag(),
    ...ranking,
    created_at: orNull(moment()),
    credentials: list(ref("Credential")),
  }),
  Credential: object({
    id: orNull(whole("null for what the environment says")),
    name: text(),
    hint: text("The end of its secret"),
    odd: flag("It is not shaped like a key of Z.ai's, and shown to Z.ai: it may be cut, or a token of another kind"),
    state: word("active", "disabled"),
    ...ranking,
    in_flight: orNull(map(whole(), "Requests in flight at a time, by model")),
    retiring: orNull(object({ hint: text(), not_after: moment() })),
    rotated_at: orNull(moment()),
    created_at: orNull(moment()),
  }),
  Fleet: object({
    state: word("ok", "degraded", "down"),
    queued: whole("Requests that wait for an account"),
    data: list(ref("AccountHealth")),
  }),
  AccountHealth: object({
    id: text(),
    upstream: text(),
    credential: text(),
    dialect: word(...dialects),
    in_flight: whole(),
    rests: rest,
    models: list(
      object({
        model: text(),
        in_flight: whole(),
        limit: orNull(whole()),
        queued: whole(),
        state: word("closed", "open", "half-open"),
        rests: rest,
        last_success_at: orNull(moment()),
        last_failure_at: orNull(moment()),
        last_error: orNull(text()),
        tries: whole("Of the last five to ten minutes"),
        error_rate: orNull(number("0 to 1")),
        p95_ms: orNull(number("95 % of the answers began within this time")),
      }),
    ),
    quota: orNull(list(object({ kind: text(), used_percent: number(), resets_at: orNull(moment()) }))),
  }),
  AccountTest: object({
    upstream: text(),
    credential: text(),
    ok: flag(),
    steps: list(
      object({
        step: word("address", "connection", "credential", "model", "stream"),
        ok: orNull(flag("null: it could not be told from here")),
        says: text("What was found, or what is wrong and what to do about it"),
      }),
    ),
  }),
  Costs: object({
    state: word("idle", "running", "done", "failed"),
    rows: whole("Requests that used tokens, so far"),
    days: orNull(object({ done: whole(), all: whole() })),
    started_at: orNull(millis()),
    ended_at: orNull(millis()),
  }),
  AlertRules: object({
    window_minutes: number("How far back the rules look"),
    error_rate: orNull(number("Share of requests that fail, 0 to 1")),
    error_rate_at_least: number("Requests below which no rate is judged"),
    p95_ms: orNull(number("Milliseconds that 95 % of requests stay below")),
    budget_share: orNull(number("Share of a key's budget, 0 to 1")),
    upstream_down: flag(),
    key_requests_per_hour: orNull(number("Requests of one key")),
    key_times_usual: orNull(number("A key's last hour against its mean one of the last week")),
    refusals_per_address: orNull(number("Refused requests from one address within the window")),
    disk_free_share: orNull(number("Share of the disk that stays free, 0 to 1")),
    memory_mb: orNull(number("Memory of the process")),
  }),
  Alert: object({
    id: text(),
    rule: text("The rule's name"),
    subject: text("A key's name, an address, a budget; empty where it is about everything"),
    value: number(),
    limit: number(),
    text: object({ en: text(), zh: text() }),
    filters: map(text(), "The filters of the requests that show it"),
    since: millis(),
    endedAt: orNull(millis("Milliseconds since 1970; null: it holds")),
    told: orNull(word("started", "ended")),
  }),
  Alerts: object({
    active: list(ref("Alert"), "What is wrong now, the oldest first"),
    ended: list(ref("Alert"), "What is over, the newest first"),
    rules: ref("AlertRules"),
    webhook: flag("Whether somebody is told"),
  }),
};
