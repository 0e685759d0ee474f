import { Html } from "@elysiajs/html";
import { type AnyElysia, Elysia } from "elysia";
import { Alerts } from "./pages/alerts.tsx";
import { rulesBody, rulesRefused, rulesTyped } from "./panels/rule-fields.tsx";
import { goTo, htmlReply } from "./reply.ts";
import type { Typed } from "./typed.tsx";
import { forChange, forOwner, leadTo, type PageParts, type Visit } from "./visit.tsx";

/** The page of alerts: what is wrong, the rules that say so, and who is told. */
export function createAlertPages(parts: PageParts): AnyElysia {
  const { alertRoom } = parts;

  const show = ({ request, view }: Visit, said: { refused?: Typed; notice?: string } = {}, status = 200) => {
    const { rules, webhook, ended } = alertRoom.show();
    const { refused = rulesTyped(rules), notice } = said;
    const page = <Alerts view={view} ended={ended} typed={refused} hasWebhook={webhook} notice={notice} />;
    return htmlReply(request, page, { status });
  };

  const change = forChange(
    parts,
    async ({ request, form, who }) => {
      await alertRoom.set(rulesBody(form), who);
      return goTo(request, "/dashboard/alerts");
    },
    (visit, error, why) => show(visit, { refused: rulesRefused(visit.form, error, why, visit.view) }, error.status),
  );

  const test = forChange(parts, async (visit) => {
    const { say } = visit.view;
    const { delivered } = await alertRoom.test();
    const notice = delivered
      ? say("The webhook took the message.", "Webhook 已接收测试消息。")
      : say("The webhook did not answer with a 2xx.", "Webhook 没有返回 2xx。");
    return show(visit, { notice });
  });

  return new Elysia({ name: "alert-pages" })
    .get(
      "/dashboard/alerts",
      forOwner(parts, (visit) => show(visit)),
      hidden,
    )
    .post("/dashboard/alerts", change, hidden)
    .get(
      "/dashboard/alerts/test",
      leadTo(parts, () => "/dashboard/alerts"),
      hidden,
    )
    .post("/dashboard/alerts/test", test, hidden);
}

const hidden = { parse: "none", detail: { hide: true } } as const;
