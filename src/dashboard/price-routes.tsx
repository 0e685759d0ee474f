import { Html } from "@elysiajs/html";
import { type AnyElysia, Elysia } from "elysia";
import { GatewayError } from "~/errors.ts";
import { ownerCommands } from "~/keys/owner.ts";
import { errorText } from "~/ui/errors.ts";
import { Prices, Recomputing } from "./pages/prices.tsx";
import { goTo, htmlReply } from "./reply.ts";
import { forChange, forOwner, type PageParts, type Visit } from "./visit.tsx";

/** The page of prices, and of costs computed by them once more. */
export function createPricePages(parts: PageParts): AnyElysia {
  const { owned, costs } = parts;

  const show = ({ request, view }: Visit, typed: Record<string, string> = {}, error?: GatewayError) => {
    const problem = error ? errorText(error, view.language) : null;
    const page = (
      <Prices view={view} prices={owned.prices.list()} typed={typed} problem={problem} costs={costs.state()} />
    );
    return htmlReply(request, page, { status: error?.status ?? 200 });
  };

  /** The form begins with the price of the model that the address names. */
  const list = forOwner(parts, (visit) => {
    const asked = visit.view.query.get("model");
    const price = owned.prices.list().find(({ model }) => model === asked);
    const typed = price && Object.entries(price).map(([name, value]) => [name, String(value)]);
    return show(visit, typed && Object.fromEntries(typed));
  });

  /** Does what a form asks for; what is refused is said on the page, with what was typed. */
  const change = (run: (visit: Visit & { form: URLSearchParams }) => Promise<unknown>) =>
    forChange(parts, async (visit) => {
      try {
        await run(visit);
        return goTo(visit.request, "/dashboard/prices");
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error;
        return show(visit, Object.fromEntries(visit.form), error);
      }
    });

  const set = change(({ form, who }) => {
    const { model = "", ...body } = Object.fromEntries(form);
    return ownerCommands["prices.set"](owned, { model, body }, who);
  });
  const reset = change(({ form, who }) => ownerCommands["prices.reset"](owned, { model: form.get("model") }, who));
  const recompute = change(({ form, who }) => costs.recompute(Object.fromEntries(form), who));

  const progress = forOwner(parts, ({ request, view }) =>
    htmlReply(request, <Recomputing view={view} costs={costs.state()} typed={{}} />),
  );

  return new Elysia({ name: "price-pages" })
    .get("/dashboard/prices", list, hidden)
    .post("/dashboard/prices", set, hidden)
    .post("/dashboard/prices/reset", reset, hidden)
    .get("/dashboard/prices/recompute", progress, hidden)
    .post("/dashboard/prices/recompute", recompute, hidden);
}

const hidden = { parse: "none", detail: { hide: true } } as const;
