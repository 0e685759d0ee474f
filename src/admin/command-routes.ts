import { type AnyElysia, Elysia } from "elysia";
import { failure } from "~/apis/openai-chat/failure.ts";
import { refusals } from "~/docs/refusals.ts";
import { json, type Schema, text } from "~/docs/schema.ts";
import { GatewayError, toGatewayError } from "~/errors.ts";
import { readBody } from "~/gateway/body.ts";
import type { Owned } from "~/keys/owner.ts";
import type { Who } from "~/keys/statements.ts";
import type { Log } from "~/log.ts";
import { readJson as parseJson } from "~/wire/json.ts";
import { requireAdmin } from "./guard.ts";

/** A command's place in the admin API. */
export interface Route<Name extends string> {
  method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  path: string;
  command: Name;
  summary: string;
  /** What it answers with. */
  answer: Schema;
  body?: Schema;
  query?: readonly string[];
  /** Whether a request that is sent twice with the same `Idempotency-Key` is done once. */
  isIdempotent?: true;
}

export interface CommandRoutes {
  owned: Pick<Owned, "keys" | "admin" | "gate">;
  /** Whose request it is, behind the trusted proxies; `peer` is the other end of the socket. */
  addressOf(request: Request, peer: string): string;
  log: Pick<Log, "error">;
}

/** Commands as routes below `/admin/api`, for an admin key or a signed-in admin. */
export function createCommandRoutes<Name extends string>(
  name: string,
  routes: readonly Route<Name>[],
  { owned, addressOf, log }: CommandRoutes,
  run: (command: Name, args: Record<string, unknown>, who: Who) => unknown,
): AnyElysia {
  const app = new Elysia({ name });
  for (const route of routes) {
    app.route(
      route.method,
      `/admin/api${route.path}`,
      ({ request, params, query, server }) =>
        answer(log, async () => {
          const who = requireAdmin(owned, request, addressOf(request, server?.requestIP(request)?.address ?? ""));
          const args: Record<string, unknown> = { ...only(query, route.query ?? []), ...params };
          if (route.body) args.body = await readJson(request);
          if (route.isIdempotent) args.idempotency_key = request.headers.get("idempotency-key");
          return run(route.command, args, who);
        }),
      { config: {}, parse: "none", detail: describe(route) },
    );
  }
  return app;
}

const jsonHeaders = { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" };

async function answer(log: Pick<Log, "error">, command: () => Promise<unknown>): Promise<Response> {
  try {
    return new Response(JSON.stringify(await command()), { headers: jsonHeaders });
  } catch (thrown) {
    const error = toGatewayError(thrown);
    if (error.kind === "internal_error")
      log.error("A command of the admin API failed inside zgate", { cause: error.cause });
    const headers = { ...jsonHeaders, ...error.answerHeaders };
    return new Response(failure.body(error), { status: error.status, headers });
  }
}

/** A change's body: a JSON object, or nothing. */
async function readJson(request: Request): Promise<unknown> {
  const { sent } = await readBody(request, { maxBytes: 64 * 1024, pauseMs: 30_000 });
  try {
    return typeof sent === "string" && sent.trim() === "" ? {} : parseJson(sent);
  } catch {
    throw new GatewayError("invalid_json", "The body is not valid JSON.");
  }
}

function only(query: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.filter((name) => query[name] !== undefined).map((name) => [name, query[name]]));
}

/** The route as OpenAPI has it. */
function describe({ method, path, command, summary, answer, body, query = [], isIdempotent }: Route<string>) {
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name = ""]) => ({
    name,
    in: "path" as const,
    required: true,
    schema: text(name === "model" ? "Its name" : "Its name or its id"),
  }));
  const inQuery = query.map((name) => ({ name, in: "query" as const, schema: text() }));
  const inHeader = isIdempotent ? [{ name: "Idempotency-Key", in: "header" as const, schema: text() }] : [];
  const isChange = method !== "GET";
  return {
    summary,
    tags: ["Admin"],
    // One command is at two addresses.
    operationId: `${command}${inPath.length > 0 || command !== "upstreams.test" ? "" : "-all"}`,
    parameters: [...inPath, ...inQuery, ...inHeader],
    responses: {
      200: {
        description: isChange ? "Done; in force before this answer." : "What was asked for.",
        content: json(answer),
      },
      ...refusals([
        ...(body || query.length > 0 ? [400 as const] : []),
        401,
        403,
        ...(inPath.length > 0 ? [404 as const] : []),
        ...(isChange ? [409 as const, 413 as const, 503 as const] : []),
      ]),
    },
    ...(body && { requestBody: { content: json(body) } }),
  };
}
