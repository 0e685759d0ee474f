import { Html } from "@elysiajs/html";
import { type AnyElysia, Elysia } from "elysia";
import { ownerCommands } from "~/keys/owner.ts";
import { Prices, Recomputing } from "./pages/prices.tsx";
import { goTo, htmlReply, isHtmx } from "./reply.ts";
import { refusedIn, untouched } from "./typed.tsx";
import { type Changing, forChange, forOwner, leadTo, type PageParts, type Visit } from "./visit.tsx";

/** The page of prices, and of costs computed by them once more. */
export function createPricePages(parts: PageParts): AnyElysia {
  const { owned, costs } = parts;

  const show = ({ request, view }: Visit, typed = untouched(""), status = 200) =>
    htmlReply(request, <Prices view={view} prices={owned.prices.list()} typed={typed} costs={costs.state()} />, {
      status,
    });

  /** The form begins with the price of the model that the address names. */
  const list = forOwner(parts, (visit) => {
    const asked = visit.view.query.get("model");
    const price = owned.prices.list().find(({ model }) => model === asked) ?? {};
    const fields = Object.entries(price).map(([name, value]) => [name, String(value)]);
    return show(visit, untouched("", Object.fromEntries(fields)));
  });

  /** Does what a form asks for; what is refused is said in it, beside what was typed. */
  const change = (form: string, run: (visit: Changing) => Promise<unknown>) =>
    forChange(
      parts,
      async (visit) => {
        await run(visit);
        return goTo(visit.request, "/dashboard/prices");
      },
      (visit, error, why) => show(visit, refusedIn(form, visit.form, error, why), error.status),
    );

  const set = change("", ({ form, who }) => {
    const { model = "", ...body } = Object.fromEntries(form);
    return ownerCommands["prices.set"](owned, { model, body }, who);
  });
  const reset = change("", ({ form, who }) => ownerCommands["prices.reset"](owned, { model: form.get("model") }, who));
  const recompute = change("recompute", ({ form, who }) => costs.recompute(Object.fromEntries(form), who));

  const progress = forOwner(parts, ({ request, view }) =>
    isHtmx(request)
      ? htmlReply(request, <Recomputing view={view} costs={costs.state()} typed={untouched("recompute")} />)
      : goTo(request, "/dashboard/prices"),
  );

  return new Elysia({ name: "price-pages" })
    .get("/dashboard/prices", list, hidden)
    .post("/dashboard/prices", set, hidden)
    .get(
      "/dashboard/prices/reset",
      leadTo(parts, () => "/dashboard/prices"),
      hidden,
    )
    .post("/dashboard/prices/reset", reset, hidden)
    .get("/dashboard/prices/recompute", progress, hidden)
    .post("/dashboard/prices/recompute", recompute, hidden);
}

const hidden = { parse: "none", detail: { hide: true } } as const;
