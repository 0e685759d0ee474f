import { type AnyElysia, Elysia } from "elysia";
import { failure } from "~/apis/openai-chat/failure.ts";
import { GatewayError, toGatewayError } from "~/errors.ts";
import { type CommandArgs, type Owned, type OwnerCommand, type OwnerCommandName, ownerCommands } from "~/keys/owner.ts";
import type { Log } from "~/log.ts";
import {
  blockSchema,
  keyChangeSchema,
  newKeySchema,
  pauseSchema,
  priceSchema,
  rotationSchema,
  type Schema,
} from "./describe.ts";
import { requireAdmin } from "./guard.ts";

interface Route {
  method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  path: string;
  command: OwnerCommandName;
  summary: string;
  body?: Schema;
  query?: readonly string[];
  /** Whether a request that is sent twice with the same `Idempotency-Key` is done once. */
  isIdempotent?: true;
}

const routes: readonly Route[] = [
  {
    method: "GET",
    path: "/keys",
    command: "keys.list",
    summary: "All keys; with ?all=true the revoked ones as well",
    query: ["all"],
  },
  {
    method: "POST",
    path: "/keys",
    command: "keys.create",
    summary: "Make a key, or import one. Its secret is shown once",
    body: newKeySchema,
    isIdempotent: true,
  },
  { method: "GET", path: "/keys/:key", command: "keys.show", summary: "One key" },
  {
    method: "PATCH",
    path: "/keys/:key",
    command: "keys.edit",
    summary: "Rename, limit, expire",
    body: keyChangeSchema,
  },
  { method: "POST", path: "/keys/:key/disable", command: "keys.disable", summary: "Switch a key off for now" },
  { method: "POST", path: "/keys/:key/enable", command: "keys.enable", summary: "Switch it on again" },
  {
    method: "POST",
    path: "/keys/:key/rotate",
    command: "keys.rotate",
    summary: "Give a key a new secret; the old one lives on for the overlap",
    body: rotationSchema,
    isIdempotent: true,
  },
  {
    method: "GET",
    path: "/keys/:key/use",
    command: "keys.use",
    summary: "Who used each of its living secrets in the last hour",
  },
  {
    method: "POST",
    path: "/keys/:key/end-overlap",
    command: "keys.end-overlap",
    summary: "Refuse the old secret from now on",
  },
  {
    method: "POST",
    path: "/keys/:key/undo-rotation",
    command: "keys.undo-rotation",
    summary: "Take a rotation back: the new secret is dead",
  },
  {
    method: "POST",
    path: "/keys/:key/revoke",
    command: "keys.revoke",
    summary: "End a key and all its secrets, for good",
  },

  { method: "GET", path: "/pause", command: "gate.show", summary: "Whether inference is paused" },
  { method: "PUT", path: "/pause", command: "gate.pause", summary: "Pause all inference", body: pauseSchema },
  { method: "DELETE", path: "/pause", command: "gate.resume", summary: "Let inference go on" },
  { method: "GET", path: "/blocked", command: "gate.blocked", summary: "Blocked addresses and networks" },
  {
    method: "POST",
    path: "/blocked",
    command: "gate.block",
    summary: "Block an address or a network",
    body: blockSchema,
  },
  { method: "DELETE", path: "/blocked", command: "gate.unblock", summary: "Let it in again", query: ["network"] },

  { method: "GET", path: "/prices", command: "prices.list", summary: "What models cost" },
  { method: "PUT", path: "/prices/:model", command: "prices.set", summary: "Set a model's price", body: priceSchema },
  { method: "DELETE", path: "/prices/:model", command: "prices.reset", summary: "Back to the price that zgate ships" },

  {
    method: "GET",
    path: "/audit",
    command: "audit.list",
    summary: "Who changed what, newest first",
    query: ["limit", "before"],
  },
  { method: "POST", path: "/sign-out-everywhere", command: "admin.sign-out-everywhere", summary: "End all sessions" },
];

/** The admin API, `/admin/api/…`: every owner's command as a route, for an admin key or a signed-in admin. */
export function createKeysRoutes(parts: {
  owned: Owned;
  /** Whose request it is, behind the trusted proxies; `peer` is the other end of the socket. */
  addressOf(request: Request, peer: string): string;
  log: Pick<Log, "error">;
}): AnyElysia {
  const { owned, addressOf, log } = parts;
  const app = new Elysia({ name: "admin-api" });
  for (const route of routes) {
    app.route(
      route.method,
      `/admin/api${route.path}`,
      ({ request, params, query, server }) =>
        answer(log, async () => {
          const who = requireAdmin(owned, request, addressOf(request, server?.requestIP(request)?.address ?? ""));
          const args: CommandArgs = { ...only(query, route.query ?? []), ...params };
          if (route.body) args.body = await readJson(request);
          if (route.isIdempotent) args.idempotency_key = request.headers.get("idempotency-key");
          const command: OwnerCommand = ownerCommands[route.command];
          return command(owned, args, who);
        }),
      { config: {}, parse: "none", detail: describe(route) },
    );
  }
  return app;
}

const jsonHeaders = { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" };
const longestBody = 64 * 1024;

async function answer(log: Pick<Log, "error">, command: () => Promise<unknown>): Promise<Response> {
  try {
    return new Response(JSON.stringify(await command()), { headers: jsonHeaders });
  } catch (thrown) {
    const error = toGatewayError(thrown);
    if (error.kind === "internal_error")
      log.error("A command of the admin API failed inside zgate", { cause: error.cause });
    const headers = new Headers({ ...jsonHeaders, ...error.headers });
    if (error.retryAfterMs !== null)
      headers.set("retry-after", String(Math.max(1, Math.ceil(error.retryAfterMs / 1000))));
    return new Response(failure.body(error), { status: error.status, headers });
  }
}

/** A change's body: a JSON object, or nothing. */
async function readJson(request: Request): Promise<unknown> {
  const tooLarge = new GatewayError("too_large", `The body is larger than ${longestBody} bytes.`);
  if (Number(request.headers.get("content-length") ?? 0) > longestBody) throw tooLarge;
  const text = await request.text();
  if (text.length > longestBody) throw tooLarge;
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new GatewayError("invalid_json", "The body is not valid JSON.");
  }
}

function only(query: Record<string, unknown>, names: readonly string[]): CommandArgs {
  return Object.fromEntries(names.filter((name) => query[name] !== undefined).map((name) => [name, query[name]]));
}

/** The route as OpenAPI has it. */
function describe({ path, summary, body, query, isIdempotent }: Route) {
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name: name!,
    in: "path" as const,
    required: true,
    schema: { type: "string" as const },
  }));
  const inQuery = (query ?? []).map((name) => ({ name, in: "query" as const, schema: { type: "string" as const } }));
  const inHeader = isIdempotent
    ? [{ name: "Idempotency-Key", in: "header" as const, schema: { type: "string" as const } }]
    : [];
  return {
    summary,
    tags: ["Admin"],
    security: [{ bearer: [] }],
    parameters: [...inPath, ...inQuery, ...inHeader],
    responses: {
      200: { description: "Done; in force before this answer." },
      400: { description: "A field is wrong; `error.param` names it." },
      401: { description: "Neither an admin key nor a signed-in admin." },
      403: { description: "The key does not administer, or the change did not come from a page of this dashboard." },
      404: { description: "There is no such key, network or price." },
      409: { description: "It clashes with how things are; the message says how to go on." },
    },
    ...(body && { requestBody: { content: { "application/json": { schema: body } } } }),
  };
}
