import { type AnyElysia, Elysia } from "elysia";
import type { AlertRoom } from "~/alerts/open.ts";
import { exportFormats } from "~/analytics/export.ts";
import type { Reader } from "~/analytics/reader.ts";
import { type FilterName, filterNames, type Scope } from "~/analytics/scope.ts";
import { failure } from "~/apis/openai-chat/failure.ts";
import type { Clock } from "~/clock.ts";
import { replyWithExport } from "~/dashboard/export-reply.ts";
import { readFilters } from "~/dashboard/filters.ts";
import { rangeNames, readRange } from "~/dashboard/range.ts";
import type { Vitals } from "~/dashboard/vitals.ts";
import { refusals } from "~/docs/refusals.ts";
import { json, listOf, ref, type Schema, text } from "~/docs/schema.ts";
import { GatewayError, toGatewayError } from "~/errors.ts";
import type { Admin } from "~/keys/admin.ts";
import { tokenIfShown } from "~/keys/extract.ts";
import type { Gate } from "~/keys/gate.ts";
import type { Keys } from "~/keys/keys.ts";
import type { Prices } from "~/keys/prices.ts";
import { hasRight } from "~/keys/rights.ts";
import { requireRight } from "~/keys/verify.ts";
import type { Log } from "~/log.ts";
import { idOfRequestId, requestIdOf } from "~/record/request-id.ts";
import { isZone } from "~/ui/times.tsx";

export interface ReportParts {
  owned: { keys: Keys; admin: Admin; gate: Gate; prices: Prices };
  alertRoom: Pick<AlertRoom, "show">;
  vitals(): Promise<Vitals>;
  reader: Reader;
  clock: Clock;
  /** The zone of days where a question names none. */
  zone: string;
  /** Whose request it is, behind the trusted proxies; `peer` is the other end of the socket. */
  addressOf(request: Request, peer: string): string;
  log: Pick<Log, "error">;
}

/** What the dashboard shows, as JSON: for a key with the right `reports`, or somebody who is signed in. */
export function createReports(parts: ReportParts): AnyElysia {
  const { reader, clock } = parts;
  const app = new Elysia({ name: "reports" });
  const get = (path: string, detail: object, answer: (asked: Asked) => Promise<unknown> | unknown) =>
    app.get(
      path,
      ({ request, params, server }) =>
        guarded(parts, request, server?.requestIP(request)?.address ?? "", () => {
          const query = new URLSearchParams(queryOf(request.url));
          const zone = query.get("tz") ?? parts.zone;
          if (!isZone(zone))
            throw new GatewayError("invalid_request", "'tz' must be an IANA time zone.", { param: "tz" });
          const range = readRange(query, clock.now(), zone);
          const { from, to } = range;
          return answer({ query, params, range, scope: { from, to, filters: readFilters(query) } });
        }),
      { parse: "none", detail },
    );

  get(
    "/admin/api/reports/overview",
    describe("reports.overview", "Numbers of a range, of the one before, and over time", json(ref("Overview")), looked),
    async (asked) => {
      const { range, scope } = asked;
      const answer = await reader.ask("overview", { scope, before: range.before, starts: range.starts });
      const points = answer.points.map((point, at) => ({ from: range.starts[at], ...point }));
      return { ...shown(asked), before_range: range.before, ...answer, points };
    },
  );
  get(
    "/admin/api/reports/breakdown/:by",
    describe(
      "reports.breakdown",
      "The requests of a range by one thing they differ in",
      json(ref("Breakdown")),
      [
        ...looked,
        ["limit", "Values to show, 1000 at most"],
        ["order", "requests, or failures: the failing ones first"],
      ],
      ["by", filterNames.join(", ")],
    ),
    async (asked) => {
      const { query, range, scope, params } = asked;
      const by = filterNames.find((name) => name === params.by);
      if (by === undefined) throw new GatewayError("not_found", `Requests cannot be told apart by '${params.by}'.`);
      const order = query.get("order") === "failures" ? "failures" : "requests";
      const limit = wholeIn(query, "limit", 100, 1_000);
      const answer = await reader.ask("breakdown", { scope, by: by as FilterName, starts: range.starts, limit, order });
      return { ...shown(asked), by, line_starts: range.starts, ...answer };
    },
  );
  get(
    "/admin/api/reports/requests",
    describe("reports.requests", "A page of requests, newest first", json(ref("RequestPage")), [
      ...looked,
      ["q", "A request id, or a piece of a user agent, address or error text"],
      ["older", "The page of requests older than this"],
      ["newer", "The page of requests newer than this"],
      ["limit", "Requests a page, 1000 at most"],
    ]),
    async (asked) => {
      const { query, scope } = asked;
      const limit = wholeIn(query, "limit", 100, 1_000);
      const list = await reader.ask("requestList", { scope, search: searchIn(query), from: placeIn(query), limit });
      const { lines, ...rest } = list;
      return {
        ...shown(asked),
        ...rest,
        requests: lines.map((line) => ({ request_id: requestIdOf(line.id), ...line })),
      };
    },
  );
  get(
    "/admin/api/reports/requests/:id",
    describe("reports.request", "One request", json(ref("Request")), [], ["id", "A request id"]),
    async ({ params }) => {
      const id = idOfRequestId(params.id ?? "");
      const found = id === null ? null : await reader.ask("oneRequest", { id });
      if (found === null) throw new GatewayError("not_found", "There is no request with this id on record.");
      return { request_id: requestIdOf(found.id), ...found };
    },
  );
  for (const format of exportFormats) {
    get(
      `/admin/api/reports/export.${format}`,
      describe(
        `reports.export-${format}`,
        `All requests of a range, streamed, ${exports[format].says}`,
        exports[format].content,
        [...looked, ["q", "As in the list of requests"]],
      ),
      ({ query, scope }) => replyWithExport(reader, { format, scope, search: searchIn(query) }, clock.now()),
    );
  }
  get(
    "/admin/api/reports/choices",
    describe("reports.choices", "What each filter can be set to", json(ref("Choices")), []),
    () => reader.ask("choices", {}),
  );
  get(
    "/admin/api/reports/storage",
    describe("reports.storage", "What the database holds", json(ref("Storage")), []),
    () => reader.ask("storage", {}),
  );
  get(
    "/admin/api/reports/system",
    describe("reports.system", "How zgate itself is", json(ref("System")), []),
    parts.vitals,
  );
  get(
    "/admin/api/reports/alerts",
    describe("reports.alerts", "What is wrong now, and the rules that say so", json(ref("Alerts")), []),
    parts.alertRoom.show,
  );
  get("/admin/api/reports/prices", describe("reports.prices", "What models cost", json(listOf("Price")), []), () => ({
    data: parts.owned.prices.list(),
  }));
  get(
    "/dashboard/stats",
    describe("reports.older-stats", "The four numbers of ZtoApi's dashboard", json(ref("OlderStats")), []),
    () => reader.ask("olderStats", {}),
  );
  return app;
}

/** ZtoApi's list of the last hundred requests, for whoever asks `/dashboard/requests` for JSON. */
export function answerOlderRequests(parts: ReportParts, request: Request, peer: string): Promise<Response> {
  return guarded(parts, request, peer, () => parts.reader.ask("olderRequests", {}));
}

/** Whether a program asks, and not a browser's window: by its key, or because it takes JSON and no HTML. */
export function asksForJson({ headers }: Request): boolean {
  if (headers.has("x-api-key") || /^bearer\b/i.test(headers.get("authorization") ?? "")) return true;
  const accept = headers.get("accept") ?? "";
  return accept.includes("application/json") && !accept.includes("text/html");
}

interface Asked {
  query: URLSearchParams;
  params: Record<string, string | undefined>;
  range: ReturnType<typeof readRange>;
  scope: Scope;
}

async function guarded(
  parts: ReportParts,
  request: Request,
  peer: string,
  answer: () => Promise<unknown> | unknown,
): Promise<Response> {
  try {
    requireReports(parts, request, parts.addressOf(request, peer));
    const found = await answer();
    return found instanceof Response ? found : new Response(JSON.stringify(found), { headers: jsonHeaders });
  } catch (thrown) {
    const error = toGatewayError(thrown);
    if (error.kind === "internal_error") parts.log.error("A report failed inside zgate", { cause: error.cause });
    const headers = { ...jsonHeaders, ...error.answerHeaders };
    return new Response(failure.body(error), { status: error.status, headers });
  }
}

function requireReports({ owned: { keys, admin, gate } }: ReportParts, { headers }: Request, address: string): void {
  gate.refuseBlocked(address);
  if (tokenIfShown(headers) !== null) {
    const verified = keys.verify(headers, address);
    // Whoever may change everything may also look.
    if (!hasRight(verified.key.rights, "admin")) requireRight(verified, "reports");
  } else if (admin.session(headers) === null) {
    throw new GatewayError(
      "missing_key",
      "Sign in, or send a key with the right to see reports: Authorization: Bearer YOUR_KEY",
      { headers: { "WWW-Authenticate": 'Bearer realm="zgate"' } },
    );
  }
}

const jsonHeaders = { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" };

/** What an answer is about, in words of the address. */
function shown({ range: { name, from, to }, scope: { filters } }: Asked) {
  return { range: { name, from, to }, filters };
}

function searchIn(query: URLSearchParams): string {
  return (query.get("q") ?? "").trim().slice(0, 200);
}

function placeIn(query: URLSearchParams): { olderThan: number } | { newerThan: number } | null {
  const none = -1;
  const older = wholeIn(query, "older", none);
  if (older !== none) return { olderThan: older };
  const newer = wholeIn(query, "newer", none);
  return newer === none ? null : { newerThan: newer };
}

function wholeIn(query: URLSearchParams, name: string, usual: number, most = Number.MAX_SAFE_INTEGER): number {
  const text = query.get(name);
  if (text === null) return usual;
  if (/^\d{1,16}$/.test(text) && Number(text) <= most) return Number(text);
  throw new GatewayError("invalid_request", `'${name}' must be a whole number, at most ${most}.`, { param: name });
}

/** The query of a URL; with a hostile Host header that is one which `URL` refuses. */
function queryOf(url: string): string {
  const at = url.indexOf("?");
  return at < 0 ? "" : url.slice(at + 1);
}

const exports = {
  csv: {
    says: "as CSV",
    content: { "text/csv": { schema: text("The fields of `ExportedRequest`, a row a request") } },
  },
  jsonl: {
    says: "as JSON Lines",
    content: { "application/x-ndjson": { schema: text("An `ExportedRequest` a line") } },
  },
} as const;

type Parameter = readonly [name: string, description: string];

const looked: readonly Parameter[] = [
  ["range", `Up to now: ${rangeNames.join(", ")}`],
  ["from", "A day or a minute, 2026-11-22 or 2026-11-22T14:30, in the zone of tz"],
  ["to", "Half-open, but a day as an end is the last one"],
  ["tz", "An IANA time zone, Asia/Kolkata; the server's unless said"],
  ...filterNames.map((name): Parameter => [name, `Only requests of this ${name}; none: those that have none`]),
];

function describe(
  operationId: string,
  summary: string,
  answer: Content,
  query: readonly Parameter[],
  path?: Parameter,
) {
  return {
    summary,
    tags: ["Reports"],
    operationId,
    parameters: [
      ...(path ? [{ name: path[0], in: "path", required: true, description: path[1], schema: text() }] : []),
      ...query.map(([name, description]) => ({ name, in: "query", description, schema: text() })),
    ],
    responses: {
      200: { description: "What was asked for.", content: answer },
      ...refusals([...(query.length > 0 ? [400 as const] : []), 401, 403, ...(path ? [404 as const] : [])]),
    },
  };
}

type Content = Readonly<Record<string, { schema: Schema }>>;
