import { Html } from "@elysiajs/html";
import { type AnyElysia, Elysia } from "elysia";
import type { ProbeReport } from "~/gateway/probe.ts";
import { type UpstreamCommand, upstreamCommands } from "~/gateway/upstream-commands.ts";
import { requireSure } from "./form.ts";
import { Upstream, type UpstreamProps } from "./pages/upstream.tsx";
import { UpstreamList, Upstreams, type UpstreamsProps } from "./pages/upstreams.tsx";
import { goTo, htmlReply, isHtmx } from "./reply.ts";
import { refusedIn, type Typed } from "./typed.tsx";
import { type Changing, forChange, forOwner, leadTo, noPage, type PageParts, type Visit } from "./visit.tsx";

/** What a page has to say beside what it shows. */
interface Said {
  reports?: readonly ProbeReport[];
  problem?: string;
  notice?: string;
  refused?: Typed;
}

/** The pages of upstreams and credentials. What they change goes through the commands that the API runs as well. */
export function createUpstreamPages(parts: PageParts): AnyElysia {
  const { supplied } = parts;

  const showAll = async ({ request, view }: Visit, said: Said = {}, status = 200) => {
    const { data: upstreams } = upstreamCommands["upstreams.list"](supplied);
    const { state, queued, data: health } = await upstreamCommands["upstreams.health"](supplied);
    const { reports = null, problem = null, notice = null, refused = null } = said;
    const props: UpstreamsProps = { view, state, queued, upstreams, health, reports, problem, notice, refused };
    return htmlReply(request, isHtmx(request) ? <UpstreamList {...props} /> : <Upstreams {...props} />, { status });
  };

  const showOne = async ({ request, view }: Visit, upstream: Ref, said: Said = {}, status = 200) => {
    const found = upstreamCommands["upstreams.show"](supplied, { upstream });
    const { data: health } = await upstreamCommands["upstreams.health"](supplied);
    const { reports = null, problem = null, refused = null } = said;
    const props: UpstreamProps = { view, of: found, health, reports, problem, refused };
    return htmlReply(request, <Upstream {...props} />, { status });
  };

  /** Runs a command of an upstream's page; what it refuses is said there, beside what was typed into the form. */
  const changeOne = (formName: ((visit: Visit) => string) | null, run: (visit: ChangingOne) => Promise<Response>) =>
    forChange(
      parts,
      (visit) => run({ ...visit, upstream: upstreamOf(visit) }),
      (visit, error, problem) => {
        const said =
          formName === null ? { problem } : { refused: refusedIn(formName(visit), visit.form, error, problem) };
        return showOne(visit, upstreamOf(visit), said, error.status);
      },
    );

  /** The upstream that an address names, or that of the credential which it names. */
  function upstreamOf({ params }: Visit): Ref {
    if (params.upstream === "environment") return params.upstream;
    if (params.upstream !== undefined) return idIn(params.upstream);
    const { data } = upstreamCommands["upstreams.list"](supplied);
    const credential = idIn(params.credential);
    const holder = data.find(({ credentials }) => credentials.some(({ id }) => id === credential));
    return holder?.id ?? noPage();
  }

  const add = forChange(
    parts,
    async (visit) => {
      const args = { body: newBody(visit.form), language: visit.view.language };
      const { notice } = await upstreamCommands["upstreams.add"](supplied, args, visit.who);
      return notice === null ? goTo(visit.request, "/dashboard/upstreams") : showAll(visit, { notice });
    },
    (visit, error, why) => showAll(visit, { refused: refusedIn("new", visit.form, error, why) }, error.status),
  );

  const testAll = forChange(parts, async (visit) => {
    const { language } = visit.view;
    const { data } = await upstreamCommands["upstreams.test"](supplied, { language });
    return showAll(visit, { reports: data });
  });

  const testOne = changeOne(null, async (visit) => {
    const { upstream, view } = visit;
    const { data } = await upstreamCommands["upstreams.test"](supplied, { upstream, language: view.language });
    return showOne(visit, upstream, { reports: data });
  });

  const edit = changeOne(
    () => "edit",
    async ({ upstream, form, who, request }) => {
      await upstreamCommands["upstreams.edit"](supplied, { upstream, body: editBody(form) }, who);
      return goTo(request, `/dashboard/upstreams/${upstream}`);
    },
  );

  const addCredential = changeOne(
    () => "add",
    async ({ upstream, form, who, request }) => {
      await upstreamCommands["credentials.add"](supplied, { upstream, body: newBody(form) }, who);
      return goTo(request, `/dashboard/upstreams/${upstream}`);
    },
  );

  const editCredential = changeOne(
    ({ params }) => `credential-${params.credential}`,
    async ({ upstream, params, form, who, request }) => {
      const args = { credential: params.credential, body: editBody(form) };
      await upstreamCommands["credentials.edit"](supplied, args, who);
      return goTo(request, `/dashboard/upstreams/${upstream}#credential-${params.credential}`);
    },
  );

  const act = (what: "upstream" | "credential", actions: readonly string[]) =>
    changeOne(null, async ({ upstream, params, form, who, request }) => {
      const action = actions.find((name) => name === params.action) ?? noPage();
      if (action === "remove") requireSure(form);
      const command = upstreamCommands[`${what}s.${action}` as keyof typeof upstreamCommands] as UpstreamCommand;
      const ref = what === "upstream" ? upstream : idIn(params.credential);
      await command(supplied, { [what]: ref, body: newBody(form) }, who);
      const isGone = what === "upstream" && action === "remove";
      return goTo(request, isGone ? "/dashboard/upstreams" : `/dashboard/upstreams/${upstream}`);
    });

  return new Elysia({ name: "upstream-pages" })
    .get(
      "/dashboard/upstreams",
      forOwner(parts, (visit) => showAll(visit)),
      hidden,
    )
    .post("/dashboard/upstreams", add, hidden)
    .post("/dashboard/upstreams/test", testAll, hidden)
    .get(
      "/dashboard/upstreams/test",
      leadTo(parts, () => "/dashboard/upstreams"),
      hidden,
    )
    .get(
      "/dashboard/upstreams/:upstream",
      forOwner(parts, (visit) => showOne(visit, upstreamOf(visit))),
      hidden,
    )
    .get(
      "/dashboard/upstreams/:upstream/:action",
      leadTo(parts, ({ upstream }) => `/dashboard/upstreams/${upstream}`),
      hidden,
    )
    .post("/dashboard/upstreams/:upstream/test", testOne, hidden)
    .post("/dashboard/upstreams/:upstream/edit", edit, hidden)
    .post("/dashboard/upstreams/:upstream/credentials", addCredential, hidden)
    .post("/dashboard/upstreams/:upstream/:action", act("upstream", ["wake", "disable", "enable", "remove"]), hidden)
    .get(
      "/dashboard/credentials/:credential/:action",
      leadTo(parts, () => "/dashboard/upstreams"),
      hidden,
    )
    .post("/dashboard/credentials/:credential/edit", editCredential, hidden)
    .post("/dashboard/credentials/:credential/:action", act("credential", credentialActions), hidden);
}

type Ref = number | "environment";
type ChangingOne = Changing & { upstream: Ref };

const credentialActions = ["disable", "enable", "rotate", "end-overlap", "undo-rotation", "remove"];

const hidden = { parse: "none", detail: { hide: true } } as const;

function idIn(text: string | undefined): number {
  return /^\d{1,15}$/.test(text ?? "") ? Number(text) : noPage();
}

/** A form as the commands read it. */
function editBody(form: URLSearchParams): Record<string, unknown> {
  const said = [...form].filter(([name]) => name !== "sure");
  return Object.fromEntries(said.map(([name, value]) => [name, wholeOrText(name, value)]));
}

/** The same of something new: what was left empty was not said. */
function newBody(form: URLSearchParams): Record<string, unknown> {
  return Object.fromEntries(Object.entries(editBody(form)).filter(([, value]) => value !== ""));
}

function wholeOrText(name: string, value: string): string | number {
  return ["in_flight", "priority", "weight"].includes(name) && /^\d{1,9}$/.test(value) ? Number(value) : value;
}
