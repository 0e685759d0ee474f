import { Html } from "@elysiajs/html";
import { type AnyElysia, Elysia } from "elysia";
import { endedCookie } from "~/keys/cookie.ts";
import { ownerCommands } from "~/keys/owner.ts";
import type { Who } from "~/keys/statements.ts";
import { Audit } from "./pages/audit.tsx";
import { System } from "./pages/system.tsx";
import { goTo, htmlReply } from "./reply.ts";
import { forChange, forOwner, leadTo, noPage, type PageParts, type Visit } from "./visit.tsx";

/** The pages of the house itself: audit, system. */
export function createHousePages(parts: PageParts): AnyElysia {
  const { owned, reader } = parts;

  const audit = forOwner(parts, async ({ request, view }) => {
    const before = view.query.get("before");
    const args = { limit: 100, before: before !== null && /^\d{1,15}$/.test(before) ? Number(before) : undefined };
    const { data, next_before } = await ownerCommands["audit.list"](owned, args);
    return htmlReply(request, <Audit view={view} rows={data} before={next_before} />);
  });

  const showSystem = async ({ request, view }: Visit, problem: string | null = null, status = 200) => {
    const [vitals, storage] = await Promise.all([parts.vitals(), reader.ask("storage", {})]);
    const page = (
      <System
        view={view}
        vitals={vitals}
        storage={storage}
        settings={parts.settings}
        gate={owned.gate.state()}
        blocked={owned.gate.blocked()}
        problem={problem}
      />
    );
    return htmlReply(request, page, { status });
  };

  const changeSystem = forChange(
    parts,
    async ({ request, params, form, who }) => {
      const action = params.action ?? "";
      const change = Object.hasOwn(systemChanges, action) ? systemChanges[action]! : noPage();
      await change(parts, form, who);
      return goTo(request, "/dashboard/system");
    },
    (visit, { status }, why) => showSystem(visit, why, status),
  );

  const signOutEverywhere = forChange(parts, async ({ request, who, isSecure }) => {
    await ownerCommands["admin.sign-out-everywhere"](owned, {}, who);
    return goTo(request, "/dashboard/sign-in", [endedCookie(isSecure)]);
  });

  return new Elysia({ name: "house-pages" })
    .get("/dashboard/audit", audit, hidden)
    .get(
      "/dashboard/system",
      forOwner(parts, (visit) => showSystem(visit)),
      hidden,
    )
    .get(
      "/dashboard/system/:action",
      leadTo(parts, () => "/dashboard/system"),
      hidden,
    )
    .post("/dashboard/system/sign-out-everywhere", signOutEverywhere, hidden)
    .post("/dashboard/system/:action", changeSystem, hidden);
}

type Change = (parts: PageParts, form: URLSearchParams, who: Who) => unknown;

const systemChanges: Record<string, Change> = {
  pause: ({ owned }, form, who) =>
    ownerCommands["gate.pause"](owned, { body: { message: form.get("message") ?? "" } }, who),
  resume: ({ owned }, _form, who) => ownerCommands["gate.resume"](owned, {}, who),
  block: ({ owned }, form, who) => {
    const body = { network: form.get("network"), note: form.get("note") ?? "" };
    return ownerCommands["gate.block"](owned, { body }, who);
  },
  unblock: ({ owned }, form, who) => ownerCommands["gate.unblock"](owned, { network: form.get("network") }, who),
};

const hidden = { parse: "none", detail: { hide: true } } as const;
