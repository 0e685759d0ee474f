import { type AnyElysia, Elysia } from "elysia";
import type { ApiName } from "~/apis/api.ts";
import { failure } from "~/apis/openai-chat/failure.ts";
import { GatewayError } from "~/errors.ts";
import type { Visitor } from "~/gateway/exchange.ts";
import { noHost } from "~/gateway/plain.ts";
import { preflightHeaders } from "~/wire/cors.ts";
import { jsonHeaders } from "~/wire/headers.ts";

type Answer = (request: Request, visitor: Visitor) => Promise<Response>;

/** The rooms behind the addresses. */
export interface Rooms {
  apis: Record<ApiName, Answer>;
  models: { list: Answer; one(request: Request, visitor: Visitor, id: string): Promise<Response> };
  ownKey: Answer;
  refusal: { unknownPath: Answer; wrongMethod(allow: string): Answer; noHost: Answer };
  alive(): Response;
  ready(): Response;
  /** Whose request it is. `peer` is the other end of the socket. */
  visitorOf(request: Request, peer: string): Visitor;
  /** Web pages of which origins may call the APIs. */
  origins: readonly string[];
  /** What stands at an address that is none of these. */
  lost(asked: { request: Request; server: Bun.Server<unknown> | null }): Promise<Response>;
  /** Pages and further APIs, each a group of routes. */
  groups: readonly AnyElysia[];
}

/** Every address that the server answers. */
export function createApp({ apis, models, ownKey, refusal, alive, ready, visitorOf, origins, lost, groups }: Rooms) {
  const to =
    (answer: Answer) =>
    ({ request }: Asked): Promise<Response> =>
      answer(request, visitorOf(request, app.server?.requestIP(request)?.address ?? ""));
  const refuse =
    (answer: Answer) =>
    ({ request }: Asked): Response | Promise<Response> =>
      isPreflight(request)
        ? new Response(null, { status: 204, headers: preflightHeaders(request, origins) })
        : to(answer)({ request });
  const only = (allow: string) => refuse(refusal.wrongMethod(allow));
  const nothing = refuse(refusal.unknownPath);
  const oneModel = to((request, visitor) => models.one(request, visitor, nameIn(visitor.path)));

  /** Whatever was asked below the APIs is on record. */
  const nowhere = (request: Request): Response | Promise<Response> => {
    const { path } = visitorOf(request, "");
    if (isApi(path)) return nothing({ request });
    const place = path.slice(0, 100);
    const allow = methodsAt(path, app.routes).join(", ");
    if (allow === "") return lost({ request, server: app.server });
    const message = `${place} takes ${allow}, not ${request.method}`;
    return say(new GatewayError("method_not_allowed", message, { headers: { allow } }));
  };

  /** Load balancers ask for health in HTTP/1.0, which knows no hosts. */
  const hostless = (request: Request): Response | Promise<Response> => {
    const { path } = visitorOf(request, "");
    if (path === "/health") return alive();
    if (path === "/ready") return ready();
    return isApi(path) ? refuse(refusal.noHost)({ request }) : say(noHost());
  };

  // Hosts of a home network have three letters; Elysia's router expects more unless it is told.
  const app = new Elysia({ name: "zgate", handler: { standardHostname: false } })
    // With a hostile Host header, or none, the URL is a bare path, and the router would take a part of it for the whole.
    .onRequest(({ request }) => (request.url.startsWith("/") ? hostless(request) : undefined))
    .onError(({ code, request }) => {
      if (code !== "NOT_FOUND") return say(new GatewayError("internal_error", "Internal error"));
      return nowhere(request);
    })

    .get("/v1/models", to(models.list), untouched)
    .all("/v1/models", only("GET"), untouched)
    .get("/v1/models/*", oneModel, untouched)
    .all("/v1/models/*", only("GET"), untouched)
    .get("/v1/key", to(ownKey), untouched)
    .all("/v1/key", only("GET"), untouched)
    .get("/anthropic/v1/models", to(models.list), untouched)
    .all("/anthropic/v1/models", only("GET"), untouched)
    .get("/anthropic/v1/models/*", oneModel, untouched)
    .all("/anthropic/v1/models/*", only("GET"), untouched)
    .all("/v1", nothing, untouched)
    .all("/v1/*", nothing, untouched)
    .all("/anthropic", nothing, untouched)
    .all("/anthropic/*", nothing, untouched)

    .get("/health", alive)
    .get("/ready", ready);

  for (const [path, api] of questions) {
    app.post(path, to(apis[api]), untouched).all(path, only("POST"), untouched);
  }
  for (const group of groups) app.use(group);
  return app;
}

/** Where a model is asked, and in which API's words. */
const questions: readonly [path: string, api: ApiName][] = [
  ["/v1/chat/completions", "chat"],
  ["/v1/responses", "responses"],
  ["/v1/completions", "completions"],
  ["/v1/embeddings", "embeddings"],
  ["/v1/messages", "messages"],
  ["/v1/messages/count_tokens", "count_tokens"],
  ["/anthropic/v1/messages", "messages"],
  ["/anthropic/v1/messages/count_tokens", "count_tokens"],
];

/** Elysia reads, of a request, what it finds named here: the rest of its context is never taken whole. */
interface Asked {
  request: Request;
}

/** The gateway reads bodies itself: it knows how much it may, and says so in the client's dialect. */
const untouched = { parse: "none", detail: { hide: true } } as const;

const isPreflight = ({ method, headers }: Request): boolean =>
  method === "OPTIONS" && headers.has("access-control-request-method");

const isApi = (path: string): boolean => /^\/(v1|anthropic)(\/|$)/.test(path);

function nameIn(path: string): string {
  const name = path.slice(path.indexOf("/models/") + "/models/".length);
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** The ways in which an address may be asked. */
function methodsAt(path: string, routes: readonly { method: string; path: string }[]): string[] {
  const asked = path.replace(/\/$/, "").split("/");
  const isHere = (pattern: string): boolean => {
    const parts = pattern.replace(/\/$/, "").split("/");
    return parts.length === asked.length && parts.every((part, at) => part.startsWith(":") || part === asked[at]);
  };
  return [...new Set(routes.filter((route) => isHere(route.path)).map(({ method }) => method))];
}

function say(error: GatewayError): Response {
  return new Response(failure.body(error), {
    status: error.status,
    headers: { ...error.answerHeaders, ...jsonHeaders },
  });
}
