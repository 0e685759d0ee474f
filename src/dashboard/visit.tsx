import { Html } from "@elysiajs/html";
import type { AlertRoom } from "~/alerts/open.ts";
import type { Reader } from "~/analytics/reader.ts";
import type { Assets } from "~/assets.ts";
import type { Kept } from "~/capture/commands.ts";
import type { Clock } from "~/clock.ts";
import type { EffectiveSetting } from "~/config/effective.ts";
import type { Costs } from "~/costs.ts";
import { GatewayError, toGatewayError } from "~/errors.ts";
import type { Supplied } from "~/gateway/upstream-commands.ts";
import type { Owned } from "~/keys/owner.ts";
import type { Who } from "~/keys/statements.ts";
import type { LogLine } from "~/log.ts";
import { errorText } from "~/ui/errors.ts";
import { readForm } from "./form.ts";
import { Problem } from "./pages/problem.tsx";
import { goTo, htmlReply } from "./reply.ts";
import { languageCookies, type View, viewOf } from "./view.ts";
import type { Vitals } from "./vitals.ts";

/** What every page may ask of the house. */
export interface PageParts {
  /** The rooms that the owner changes things in. */
  owned: Owned;
  /** What he changes upstreams by. */
  supplied: Supplied;
  /** What is kept of bodies. */
  kept: Kept;
  assets: Assets;
  clock: Clock;
  reader: Reader;
  /** Whose request it is; `peer` is the other end of the socket. */
  visitorOf(request: Request, peer: string): { address: string; path: string };
  /** Whether the browser reached us over TLS, also by way of a trusted proxy. */
  isSecure(request: Request, peer: string): boolean;
  version: string;
  /** The time zone of browsers that do not say theirs. */
  zone: string;
  /** Where zgate listens, for a request that does not say. */
  home: string;
  /** The path below which a proxy shows zgate; empty for none. */
  basePath: string;
  /** The model that a request gets which names none. */
  model: string;
  hasDashboard: boolean;
  /** What zgate runs with, secrets masked. */
  settings: readonly EffectiveSetting[];
  /** What is wrong now, and the rules that say so. */
  alertRoom: AlertRoom;
  costs: Costs;
  vitals(): Promise<Vitals>;
  /** What a program gets that asks for the list of requests as an older dashboard answered it; null for browsers. */
  answerPrograms(request: Request, peer: string): Promise<Response> | null;
  logError: LogLine;
}

/** One look at a page, or one change that a page asks for. */
export interface Visit {
  request: Request;
  view: View;
  who: Who;
  isSecure: boolean;
  /** The parts of the path that the address names. */
  params: Record<string, string>;
  /** The id of the session; null for who is not signed in. */
  session: string | null;
}

/** What Elysia hands to a route, as far as a page cares. */
export interface RouteContext {
  request: Request;
  params?: Record<string, string>;
  server: { requestIP(request: Request): { address: string } | null } | null;
}

export type Answer = (visit: Visit) => Promise<Response> | Response;

/** A page for everybody. What it throws becomes a page as well; what nobody foresaw is told to the log alone. */
export function forEverybody(parts: PageParts, answer: Answer): (context: RouteContext) => Promise<Response> {
  return async (context) => {
    const visit = visitOf(parts, context);
    try {
      const response = await answer(visit);
      for (const cookie of languageCookies(visit.request)) response.headers.append("set-cookie", cookie);
      return response;
    } catch (thrown) {
      const error = toGatewayError(thrown);
      if (error.fault === "gateway")
        parts.logError("A page failed", { path: visit.view.path, cause: error.cause ?? error });
      const { request, view } = visit;
      const problem = <Problem view={view} status={error.status} message={errorText(error, view.language)} />;
      return htmlReply(request, problem, { status: error.status, headers: error.answerHeaders });
    }
  };
}

/** A page for who is signed in; everybody else is led to the door, but for a blocked address, which is refused. */
export function forOwner(
  parts: PageParts,
  answer: (visit: Visit & { session: string }) => Promise<Response> | Response,
): (context: RouteContext) => Promise<Response> {
  return forEverybody(parts, (visit) => {
    const { session, view, request } = visit;
    parts.owned.gate.refuseBlocked(visit.who.address);
    if (session !== null) return answer({ ...visit, session });
    if (view.path === "/dashboard/sign-out") return goTo(request, "/dashboard/sign-in", [], 401);
    const door = new URLSearchParams();
    const isChange = request.method !== "GET";
    const page = isChange
      ? pageBehind(request, parts.basePath)
      : `${view.path}${view.query.size > 0 ? "?" : ""}${view.query}`;
    if (page !== "/dashboard") door.set("next", page);
    if (isChange) door.set("lost", "1");
    return goTo(request, `/dashboard/sign-in${door.size > 0 ? `?${door}` : ""}`, [], 401);
  });
}

/** The page that a form stood on, as the browser says; what is none of ours, the door takes for the overview. */
function pageBehind({ headers }: Request, basePath: string): string {
  const from = URL.parse(headers.get("referer") ?? "");
  if (from === null) return "/dashboard";
  const path = from.pathname.startsWith(`${basePath}/`) ? from.pathname.slice(basePath.length) : from.pathname;
  return `${path}${from.search}`;
}

export type Changing = Visit & { session: string; form: URLSearchParams };

/**
 * A change that a page of the owner's asks for. Throws `forbidden` for one that comes from elsewhere. What the house
 * refuses is said by `refused`, on the page that it was asked from: why, in the reader's language.
 */
export function forChange(
  parts: PageParts,
  change: (visit: Changing) => Promise<Response> | Response,
  refused?: (visit: Changing, error: GatewayError, why: string) => Promise<Response> | Response,
): (context: RouteContext) => Promise<Response> {
  return forOwner(parts, async (visit) => {
    const form = await readForm(visit.request);
    parts.owned.admin.requireOwnPage(visit.request.headers, visit.session, form.get("csrf") ?? "");
    form.delete("csrf");
    const changing = { ...visit, form };
    try {
      return await change(changing);
    } catch (error) {
      if (refused === undefined || !(error instanceof GatewayError)) throw error;
      return refused(changing, error, errorText(error, visit.view.language));
    }
  });
}

/** Where a form is sent there is no page: who comes by there, after a refusal say, is led to the one it stands on. */
export function leadTo(
  parts: PageParts,
  page: (params: Visit["params"]) => string,
): (context: RouteContext) => Promise<Response> {
  return forOwner(parts, ({ request, params }) => goTo(request, page(params)));
}

/** For addresses that are none. */
export function noPage(): never {
  throw new GatewayError("not_found", "There is no such page.", { zh: "没有这个页面。" });
}

function visitOf(parts: PageParts, { request, params = {}, server }: RouteContext): Visit {
  const { assets, clock, version, zone, home, basePath } = parts;
  const { admin } = parts.owned;
  const peer = server?.requestIP(request)?.address ?? "";
  const { address, path } = parts.visitorOf(request, peer);
  const isSecure = parts.isSecure(request, peer);
  const session = admin.session(request.headers);
  const csrf = session === null ? null : admin.csrf(session);
  const alerts = session === null ? [] : parts.alertRoom.alerts.active();
  const userAgent = request.headers.get("user-agent") ?? "";
  return {
    request,
    view: viewOf({
      ...{ request, path, isSecure, csrf, assets, version, zone, home, basePath, alerts },
      now: clock.now(),
    }),
    who: { actor: "admin", address, userAgent },
    isSecure,
    params,
    session,
  };
}
