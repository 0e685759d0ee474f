import { Html } from "@elysiajs/html";
import { GatewayError } from "~/errors.ts";
import { endedCookie, sessionCookie } from "~/keys/cookie.ts";
import { isFromOurPage } from "~/keys/csrf.ts";
import { errorText } from "~/ui/errors.ts";
import { readForm } from "./form.ts";
import { SignIn } from "./pages/sign-in.tsx";
import { goTo, htmlReply } from "./reply.ts";
import type { PageParts, Visit } from "./visit.tsx";

/** The door, or, for who is already in, the page behind it. */
export function showSignIn({ request, view, session }: Visit): Promise<Response> | Response {
  const next = ownPath(view.query.get("next"));
  if (session !== null) return goTo(request, next);
  const lost = view.say(
    "You were signed out, so what you sent was not saved. Sign in and send it again.",
    "你已退出登录，刚才提交的内容未保存。请登录后重新提交。",
  );
  return htmlReply(request, <SignIn view={view} problem={view.query.has("lost") ? lost : null} next={next} />);
}

export const signIn =
  ({ owned: { admin, gate } }: PageParts) =>
  async ({ request, view, who, isSecure }: Visit): Promise<Response> => {
    gate.refuseBlocked(who.address);
    // Nobody may be signed in by a page of somebody else's.
    if (!isFromOurPage(request.headers)) {
      throw new GatewayError("forbidden", "This sign-in did not come from a page of this dashboard.", {
        zh: "此登录不是从本面板的页面发出的。",
      });
    }
    const form = await readForm(request);
    const next = ownPath(form.get("next"));
    try {
      const session = await admin.signIn(form.get("password") ?? "", who);
      return goTo(request, next, [sessionCookie(session, isSecure)]);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      const { status, retryAfterMs } = error;
      const seconds = Math.ceil((retryAfterMs ?? 0) / 1000);
      const problem = errorText(error, view.language);
      const headers: Record<string, string> = seconds > 0 ? { "retry-after": `${seconds}` } : {};
      return htmlReply(request, <SignIn view={view} problem={problem} next={next} />, { status, headers });
    }
  };

export const signOut =
  ({ owned: { admin } }: PageParts) =>
  async ({ request, who, session, isSecure }: Visit & { session: string }): Promise<Response> => {
    await admin.signOut(session, who);
    return goTo(request, "/dashboard/sign-in", [endedCookie(isSecure)]);
  };

/** Where to go after the door: a path of the dashboard, whatever a link to the door says. */
function ownPath(next: string | null): string {
  return next !== null && /^\/dashboard(\/[\w./-]*)?(\?[^\s\\]*)?$/.test(next) && !next.includes("//")
    ? next
    : "/dashboard";
}
