import { Html } from "@elysiajs/html";
import { type AnyElysia, Elysia } from "elysia";
import { GatewayError } from "~/errors.ts";
import { type UpstreamCommand, upstreamCommands } from "~/gateway/upstream-commands.ts";
import type { Who } from "~/keys/statements.ts";
import { errorText } from "~/ui/errors.ts";
import { Upstreams, type UpstreamsProps } from "./pages/upstreams.tsx";
import { goTo, htmlReply } from "./reply.ts";
import { forChange, forOwner, noPage, type PageParts, type Visit } from "./visit.tsx";

type Said = Partial<Pick<UpstreamsProps, "reports" | "problem" | "notice" | "typed">>;

/** The page of upstreams and credentials. What it changes goes through the commands that the API runs as well. */
export function createUpstreamPages(parts: PageParts): AnyElysia {
  const { supplied } = parts;

  const show = async ({ request, view }: Visit, said: Said = {}, status = 200) => {
    const { data: upstreams } = upstreamCommands["upstreams.list"](supplied);
    const { state, queued, data: health } = await upstreamCommands["upstreams.health"](supplied);
    const { reports = null, problem = null, notice = null, typed = {} } = said;
    const page = <Upstreams {...{ view, state, queued, upstreams, health, reports, problem, notice, typed }} />;
    return htmlReply(request, page, { status });
  };

  /** Runs a command; what it refuses is said on the page, with what was typed. */
  const change = (run: (visit: Changing) => Promise<Response>) =>
    forChange(parts, async (visit) => {
      try {
        return await run(visit);
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error;
        const { token: _, ...typed } = Object.fromEntries(visit.form);
        return show(visit, { problem: errorText(error, visit.view.language), typed }, error.status);
      }
    });

  const add = change(async (visit) => {
    const body = bodyOf(visit.form);
    const { notice } = await upstreamCommands["upstreams.add"](supplied, { body }, visit.who);
    return notice === null ? goTo(visit.request, "/dashboard/upstreams") : show(visit, { notice });
  });

  const test = change(async (visit) => {
    const { data } = await upstreamCommands["upstreams.test"](supplied, { upstream: visit.params.upstream });
    return show(visit, { reports: data });
  });

  const addCredential = change(async (visit) => {
    const args = { upstream: visit.params.upstream, body: bodyOf(visit.form) };
    await upstreamCommands["credentials.add"](supplied, args, visit.who);
    return goTo(visit.request, "/dashboard/upstreams");
  });

  const act = (what: "upstream" | "credential", actions: readonly string[]) =>
    change(async (visit) => {
      const { params, form, who, request } = visit;
      const action = actions.find((name) => name === params.action) ?? noPage();
      if (action === "remove" && form.get("sure") !== "yes") {
        throw new GatewayError("invalid_request", "Tick the box to remove it for good.", {
          zh: "请勾选确认框以永久删除。",
        });
      }
      const command = upstreamCommands[`${what}s.${action}` as keyof typeof upstreamCommands] as UpstreamCommand;
      await command(supplied, { [what]: params.id ?? params.upstream, body: bodyOf(form) }, who);
      return goTo(request, "/dashboard/upstreams");
    });

  return new Elysia({ name: "upstream-pages" })
    .get(
      "/dashboard/upstreams",
      forOwner(parts, (visit) => show(visit)),
      hidden,
    )
    .post("/dashboard/upstreams", add, hidden)
    .post("/dashboard/upstreams/test", test, hidden)
    .post("/dashboard/upstreams/:upstream/test", test, hidden)
    .post("/dashboard/upstreams/:upstream/credentials", addCredential, hidden)
    .post("/dashboard/upstreams/:upstream/:action", act("upstream", ["wake", "disable", "enable", "remove"]), hidden)
    .post("/dashboard/credentials/:id/:action", act("credential", credentialActions), hidden);
}

type Changing = Visit & { form: URLSearchParams; who: Who };

const credentialActions = ["disable", "enable", "rotate", "end-overlap", "undo-rotation", "remove"];

const hidden = { parse: "none", detail: { hide: true } } as const;

/** A form as the commands read it: what was left empty was not said, and a box that is ticked is a yes. */
function bodyOf(form: URLSearchParams): Record<string, unknown> {
  const said = [...form].filter(([name, value]) => value !== "" && name !== "sure");
  return Object.fromEntries(said.map(([name, value]) => [name, yesOrWhole(name, value)]));
}

function yesOrWhole(name: string, value: string): unknown {
  if (name === "accept_coding_plan_terms") return value === "true";
  return ["in_flight", "priority"].includes(name) && /^\d{1,9}$/.test(value) ? Number(value) : value;
}
