import { Html } from "@elysiajs/html";
import { type AnyElysia, Elysia } from "elysia";
import type { ExportFormat } from "~/analytics/export.ts";
import { filterNames } from "~/analytics/scope.ts";
import { look } from "~/capture/commands.ts";
import type { Text } from "~/config/text.ts";
import { GatewayError } from "~/errors.ts";
import { idOfRequestId, requestIdOf } from "~/record/request-id.ts";
import { createAlertPages } from "./alert-routes.tsx";
import { replyWithExport } from "./export-reply.ts";
import { failure } from "./failure.ts";
import { readFilters } from "./filters.ts";
import { createHousePages } from "./house-routes.tsx";
import { createKeyPages } from "./key-routes.tsx";
import { createLive } from "./live.tsx";
import { added, lookOf } from "./look.ts";
import { Home } from "./pages/home.tsx";
import { Request } from "./pages/request.tsx";
import { createPricePages } from "./price-routes.tsx";
import { goTo, htmlReply, isBrowser, isHtmx } from "./reply.ts";
import { showSignIn, signIn, signOut } from "./session.tsx";
import type { TrafficPage } from "./traffic-page.tsx";
import { type Looking, replyWithTraffic } from "./traffic-reply.ts";
import { createUpstreamPages } from "./upstream-routes.tsx";
import { searchIn } from "./view.ts";
import { type Answer, forChange, forEverybody, forOwner, noPage, type PageParts, type RouteContext } from "./visit.tsx";

/** The home page and what browsers load: there in any case. */
export function createHome(parts: PageParts): AnyElysia {
  const { assets, model, hasDashboard } = parts;
  return new Elysia({ name: "home" })
    .get(
      "/",
      forEverybody(parts, ({ request, view }) =>
        htmlReply(request, <Home view={view} model={model} hasDashboard={hasDashboard} />),
      ),
      hidden,
    )
    .get("/assets/:name", ({ params, request }) => assets.answer(params.name, request.headers) ?? nothing(), hidden);
}

/** The dashboard. An address below it that is not named here wants a sign-in before it says that it is nothing. */
export function createDashboard(parts: PageParts): AnyElysia {
  const { reader, clock } = parts;
  const live = createLive({ reader, clock, alerts: parts.alertRoom.alerts.active });

  const page = (name: (visit: Looking) => TrafficPage["name"]) =>
    looking(parts, (visit) => replyWithTraffic(parts, visit, name(visit)));
  const overview = page(({ request }) => (isHtmx(request) ? "figures" : "overview"));
  const requests = page(() => "requests");
  const by = looking(parts, (visit) => {
    const name = filterNames.find((one) => one === visit.params.name) ?? noPage();
    return replyWithTraffic(parts, visit, "by", name);
  });

  const oneRequest = forOwner(parts, async ({ request, view, params, who }) => {
    const id = idOfRequestId(params.id ?? "");
    const found = id === null ? null : await reader.ask("oneRequest", { id });
    if (found === null) {
      throw new GatewayError("not_found", "There is no request with this id on record.", {
        zh: "没有此 ID 的请求记录。",
      });
    }
    const facts = await reader.ask("captureFacts", { id: found.id });
    const wantsBodies = facts !== null && view.query.get("bodies") === "show";
    const captured = wantsBodies ? await look(parts.kept, requestIdOf(found.id), who) : null;
    return htmlReply(request, <Request view={view} request={found} facts={facts} captured={captured} />);
  });

  const tail = looking(parts, ({ request, view, filters }) => {
    const after = Number(request.headers.get("last-event-id") ?? view.query.get("after") ?? Number.NaN);
    return live({
      view,
      filters,
      search: searchIn(view.query),
      after: Number.isSafeInteger(after) && after > 0 ? after : null,
      isWithRows: view.query.get("rows") !== "none",
      signal: request.signal,
    });
  });

  const file = (format: ExportFormat) =>
    looking(parts, ({ view }) =>
      replyWithExport(reader, { format, scope: lookOf(view).scope, search: searchIn(view.query) }, view.now),
    );

  const requestsOrJson = (context: RouteContext) => {
    const { request, server } = context;
    return parts.answerPrograms(request, server?.requestIP(request)?.address ?? "") ?? requests(context);
  };

  return new Elysia({ name: "dashboard" })
    .get("/dashboard/sign-in", forEverybody(parts, showSignIn), hidden)
    .post("/dashboard/sign-in", forEverybody(parts, signIn(parts)), hidden)
    .post("/dashboard/sign-out", forChange(parts, signOut(parts)), hidden)

    .get("/dashboard", overview, hidden)
    .get("/dashboard/by/:name", by, hidden)
    .get("/dashboard/requests", requestsOrJson, hidden)
    .get("/dashboard/requests/:id", oneRequest, hidden)
    .get("/dashboard/live", tail, hidden)
    .get("/dashboard/export.csv", file("csv"), hidden)
    .get("/dashboard/export.jsonl", file("jsonl"), hidden)

    .all("/dashboard/*", forOwner(parts, noPage), hidden)
    .use(createKeyPages(parts))
    .use(createUpstreamPages(parts))
    .use(createHousePages(parts))
    .use(createAlertPages(parts))
    .use(createPricePages(parts));
}

/** Where the dashboard would be, when `DASHBOARD_ENABLED` is false. */
export function createNoDashboard(parts: PageParts, tell: () => void): AnyElysia {
  const says = { en: "The dashboard of this gateway is switched off.", zh: "此网关已关闭面板。" };
  const answerLost = lost(parts, says);
  const answer = (context: RouteContext) => {
    tell();
    return answerLost(context);
  };
  return new Elysia({ name: "no-dashboard" }).all("/dashboard", answer, hidden).all("/dashboard/*", answer, hidden);
}

/** An address where nothing is: a page for browsers, and for programs what the APIs say. */
export function lost(parts: PageParts, says?: Text): (context: RouteContext) => Promise<Response> {
  const page = forEverybody(parts, () => {
    if (says === undefined) return noPage();
    throw new GatewayError("not_found", says.en, { zh: says.zh });
  });
  return async (context) => {
    if (isBrowser(context.request)) return page(context);
    const { path } = parts.visitorOf(context.request, "");
    return failure(new GatewayError("not_found", says?.en ?? `There is nothing at ${path.slice(0, 100)}`));
  };
}

/** Pages read forms themselves, and are no part of the API's description. */
const hidden = { parse: "none", detail: { hide: true } } as const;

/** A page that looks at traffic: the filters of its address are read, and one that is to be added is. */
function looking(parts: PageParts, answer: (visit: Looking) => ReturnType<Answer>) {
  const { keys } = parts.owned;
  return forOwner(parts, (visit) => {
    const { view, request } = visit;
    const further = added(view, (name) => keys.list().find((key) => key.name === name)?.id ?? null);
    if (further !== null) return goTo(request, further);
    const filters = readFilters(view.query);
    const key = filters.key === undefined ? null : keys.list().find(({ id }) => String(id) === filters.key);
    return answer({ ...visit, filters, labels: key ? { key: key.name } : {} });
  });
}

function nothing(): Response {
  return failure(new GatewayError("not_found", "There is no such file."));
}
