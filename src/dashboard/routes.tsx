import { Html } from "@elysiajs/html";
import { type AnyElysia, Elysia } from "elysia";
import { GatewayError } from "~/errors.ts";
import { failure } from "./failure.ts";
import { Home } from "./pages/home.tsx";
import { Overview } from "./pages/overview.tsx";
import { htmlReply } from "./reply.ts";
import { showSignIn, signIn, signOut } from "./session.tsx";
import { forChange, forEverybody, forOwner, noPage, type PageParts } from "./visit.tsx";

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
  const { reader, model } = parts;
  return new Elysia({ name: "dashboard" })
    .get("/dashboard/sign-in", forEverybody(parts, showSignIn), hidden)
    .post("/dashboard/sign-in", forEverybody(parts, signIn(parts)), hidden)
    .post("/dashboard/sign-out", forChange(parts, signOut(parts)), hidden)

    .get(
      "/dashboard",
      forOwner(parts, async ({ request, view }) => {
        const scope = { from: view.now - 30 * 86_400_000, to: view.now + 1, filters: {} };
        const { lines } = await reader.ask("requestList", { scope, search: "", from: null, limit: 100 });
        return htmlReply(request, <Overview view={view} lines={lines} model={model} />);
      }),
      hidden,
    )
    .all("/dashboard/*", forOwner(parts, noPage), hidden);
}

/** Where the dashboard would be, when `DASHBOARD_ENABLED` is false. */
export function createNoDashboard(tell: () => void): AnyElysia {
  const answer = () => {
    tell();
    return failure(new GatewayError("not_found", "The dashboard of this gateway is switched off."));
  };
  return new Elysia({ name: "no-dashboard" }).all("/dashboard", answer, hidden).all("/dashboard/*", answer, hidden);
}

/** Pages read forms themselves, and are no part of the API's description. */
const hidden = { parse: "none", detail: { hide: true } } as const;

function nothing(): Response {
  return failure(new GatewayError("not_found", "There is no such file."));
}
