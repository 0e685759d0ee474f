import { Html } from "@elysiajs/html";
import { Plain } from "~/ui/plain.tsx";
import { linkTo, type View } from "../view.ts";

/** A page for what went wrong. `message` is for people, and may hold their own words. */
export function Problem({ view, status, message }: { view: View; status: number; message: string }) {
  const { say, language } = view;
  const title = status === 404 ? say("There is nothing here", "这里什么都没有") : say("That did not work", "没有成功");
  const isOwners = view.path.startsWith("/dashboard");
  return (
    <Plain language={language} title={`${title} · zgate`} href={view.href} link={(to) => linkTo(view, { lang: to })}>
      <main class="door">
        <div class="card">
          <p class="status">{status}</p>
          <h1>{title}</h1>
          <p safe>{message}</p>
          <p>
            {isOwners ? (
              <a href="/dashboard">{say("To the overview", "回到概览")}</a>
            ) : (
              <a href="/">{say("To the home page", "回到首页")}</a>
            )}
          </p>
        </div>
      </main>
    </Plain>
  );
}
