import { Html } from "@elysiajs/html";
import { type AnyElysia, Elysia } from "elysia";
import { captureCommands } from "~/capture/commands.ts";
import { GatewayError } from "~/errors.ts";
import { type OwnerCommandName, ownerCommands } from "~/keys/owner.ts";
import { errorText } from "~/ui/errors.ts";
import { Key } from "./pages/key.tsx";
import { Keys, NewSecret } from "./pages/keys.tsx";
import { keyBody, type Typed, typedIn } from "./panels/key-fields.tsx";
import { goTo, htmlReply } from "./reply.ts";
import { forChange, forOwner, noPage, type PageParts, type Visit } from "./visit.tsx";

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

  const create = forChange(parts, async (visit) => {
    const { form, who, view, request } = visit;
    try {
      const args = { body: keyBody(form), idempotency_key: form.get("idempotency_key"), language: view.language };
      const { key, token, notice } = await ownerCommands["keys.create"](owned, args, who);
      return htmlReply(request, <NewSecret view={view} name={key.name} id={key.id} token={token} notice={notice} />);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      return showKeys(visit, typedIn(form, errorText(error, visit.view.language), error.param), error.status);
    }
  });

  const edit = forChange(parts, async (visit) => {
    const { form, who, request } = visit;
    const id = idIn(visit);
    try {
      await ownerCommands["keys.edit"](owned, { key: id, body: changeOf(owned.keys.view(id).built_in, form) }, who);
      return goTo(request, `/dashboard/keys/${id}`);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      return showKey(visit, typedIn(form, errorText(error, visit.view.language), error.param), null, error.status);
    }
  });

  const rotate = forChange(parts, async (visit) => {
    const { form, who, view, request } = visit;
    try {
      const body = { overlap: form.get("overlap") ?? "24h", secret: form.get("secret") ?? "" };
      const asked = { body, idempotency_key: form.get("idempotency_key"), language: view.language };
      const args = { key: idIn(visit), ...asked };
      const { key, token, notice } = await ownerCommands["keys.rotate"](owned, args, who);
      return htmlReply(request, <NewSecret view={view} name={key.name} id={key.id} token={token} notice={notice} />);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      return showKey(visit, null, errorText(error, visit.view.language), error.status);
    }
  });

  const act = forChange(parts, async (visit) => {
    const action = actions.find((name) => name === visit.params.action) ?? noPage();
    const id = idIn(visit);
    try {
      if ((action === "revoke" || action === "forget") && visit.form.get("sure") !== "yes") {
        throw new GatewayError("invalid_request", "Tick the box first: this is for good.", {
          zh: "此操作不可恢复，请先勾选确认框。",
        });
      }
      if (action === "forget") await captureCommands["captures.delete"](kept, { key: id }, visit.who);
      else await ownerCommands[`keys.${action}` satisfies OwnerCommandName](owned, { key: id }, visit.who);
      return goTo(visit.request, action === "revoke" ? "/dashboard/keys" : `/dashboard/keys/${id}`);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      return showKey(visit, null, errorText(error, visit.view.language), error.status);
    }
  });

  return new Elysia({ name: "key-pages" })
    .get("/dashboard/keys", forOwner(parts, showKeys), hidden)
    .post("/dashboard/keys", create, hidden)
    .get("/dashboard/keys/:id", forOwner(parts, showKey), hidden)
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
