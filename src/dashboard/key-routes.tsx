import { Html } from "@elysiajs/html";
import { type AnyElysia, Elysia } from "elysia";
import { captureCommands } from "~/capture/commands.ts";
import type { GatewayError } from "~/errors.ts";
import { type OwnerCommandName, ownerCommands } from "~/keys/owner.ts";
import { requireSure } from "./form.ts";
import { Key } from "./pages/key.tsx";
import { Keys, NewSecret } from "./pages/keys.tsx";
import { keyBody, keyRefused } from "./panels/key-fields.tsx";
import { goTo, htmlReply } from "./reply.ts";
import type { Typed } from "./typed.tsx";
import { forChange, forOwner, leadTo, noPage, type PageParts, type Visit } from "./visit.tsx";

/** The pages of keys. Whatever they change goes through the owner's commands, as the API and the command line do. */
export function createKeyPages(parts: PageParts): AnyElysia {
  const { owned, kept } = parts;
  const mayCapture = kept.captures.rules.isAllowed;

  const showKeys = ({ request, view }: Visit, refused: Typed | null = null, status = 200) =>
    htmlReply(
      request,
      <Keys
        view={view}
        keys={owned.keys.list()}
        refused={refused}
        idempotencyKey={crypto.randomUUID()}
        mayCapture={mayCapture}
      />,
      { status },
    );

  const showKey = async (visit: Visit, refused: Typed | null = null, problem: string | null = null, status = 200) => {
    const key = owned.keys.view(idIn(visit));
    const isAlive = key.state !== "revoked" && !key.built_in;
    const uses = isAlive ? (await ownerCommands["keys.use"](owned, { key: key.id })).data : [];
    const sums = await parts.reader.ask("captureSums", {});
    const page = (
      <Key
        view={visit.view}
        of={key}
        uses={uses}
        refused={refused}
        problem={problem}
        idempotencyKey={crypto.randomUUID()}
        mayCapture={mayCapture}
        kept={sums.find(({ keyId }) => keyId === key.id) ?? null}
      />
    );
    return htmlReply(visit.request, page, { status });
  };

  const create = forChange(
    parts,
    async ({ form, who, view, request }) => {
      const args = { body: keyBody(form), idempotency_key: form.get("idempotency_key"), language: view.language };
      const issued = await ownerCommands["keys.create"](owned, args, who);
      return htmlReply(request, <NewSecret view={view} of={issued} />);
    },
    (visit, error, why) => showKeys(visit, keyRefused(visit.form, error, why), error.status),
  );

  const edit = forChange(
    parts,
    async (visit) => {
      const { form, who, request } = visit;
      const id = idIn(visit);
      await ownerCommands["keys.edit"](owned, { key: id, body: changeOf(owned.keys.view(id).built_in, form) }, who);
      return goTo(request, `/dashboard/keys/${id}`);
    },
    (visit, error, why) => showKey(visit, keyRefused(visit.form, error, why), null, error.status),
  );

  const refuseAct = (visit: Visit, { status }: GatewayError, why: string) => showKey(visit, null, why, status);

  const rotate = forChange(
    parts,
    async (visit) => {
      const { form, who, view, request } = visit;
      const body = { overlap: form.get("overlap") ?? "24h", secret: form.get("secret") ?? "" };
      const asked = { body, idempotency_key: form.get("idempotency_key"), language: view.language };
      const issued = await ownerCommands["keys.rotate"](owned, { key: idIn(visit), ...asked }, who);
      return htmlReply(request, <NewSecret view={view} of={issued} />);
    },
    refuseAct,
  );

  const act = forChange(
    parts,
    async (visit) => {
      const action = actions.find((name) => name === visit.params.action) ?? noPage();
      const id = idIn(visit);
      if (action === "revoke" || action === "forget") requireSure(visit.form);
      if (action === "forget") await captureCommands["captures.delete"](kept, { key: id }, visit.who);
      else await ownerCommands[`keys.${action}` satisfies OwnerCommandName](owned, { key: id }, visit.who);
      return goTo(visit.request, action === "revoke" ? "/dashboard/keys" : `/dashboard/keys/${id}`);
    },
    refuseAct,
  );

  return new Elysia({ name: "key-pages" })
    .get("/dashboard/keys", forOwner(parts, showKeys), hidden)
    .post("/dashboard/keys", create, hidden)
    .get("/dashboard/keys/:id", forOwner(parts, showKey), hidden)
    .get(
      "/dashboard/keys/:id/:action",
      leadTo(parts, ({ id }) => `/dashboard/keys/${id}`),
      hidden,
    )
    .post("/dashboard/keys/:id/edit", edit, hidden)
    .post("/dashboard/keys/:id/rotate", rotate, hidden)
    .post("/dashboard/keys/:id/:action", act, hidden);
}

const actions = ["disable", "enable", "end-overlap", "undo-rotation", "revoke", "forget"] as const;

const hidden = { parse: "none", detail: { hide: true } } as const;

function idIn({ params }: Visit): number {
  return /^\d{1,15}$/.test(params.id ?? "") ? Number(params.id) : noPage();
}

/** The name and the rights of a built-in key are fixed. */
function changeOf(isBuiltIn: boolean, form: URLSearchParams): Record<string, unknown> {
  const { name, rights, ...rest } = keyBody(form);
  return isBuiltIn ? rest : { name, rights, ...rest };
}
