import { Html, type PropsWithChildren } from "@elysiajs/html";
import type { Text } from "~/config/text.ts";
import { Document } from "~/ui/document.tsx";
import { Mark } from "~/ui/icons.tsx";
import { LanguageSwitch } from "~/ui/language-switch.tsx";
import { lookAt } from "./look.ts";
import { Banner } from "./panels/banner.tsx";
import { linkTo, type View } from "./view.ts";

/** What the navigation leads to. `isLook`: the page looks at traffic, so the range and the filters come along. */
export const places = [
  { path: "/dashboard", name: { en: "Overview", zh: "概览" }, isLook: true },
  { path: "/dashboard/requests", name: { en: "Requests", zh: "请求" }, isLook: true },
  { path: "/dashboard/keys", name: { en: "Keys", zh: "密钥" } },
  { path: "/dashboard/upstreams", name: { en: "Upstreams", zh: "上游" } },
  { path: "/dashboard/alerts", name: { en: "Alerts", zh: "告警" } },
  { path: "/dashboard/audit", name: { en: "Audit", zh: "审计" } },
  { path: "/dashboard/prices", name: { en: "Prices", zh: "价格" } },
  { path: "/dashboard/system", name: { en: "System", zh: "系统" } },
] as const satisfies readonly { path: string; name: Text; isLook?: true }[];
export type Place = (typeof places)[number]["path"];

/** A page of somebody who is signed in. */
export function Layout({ view, here, title, children }: PropsWithChildren<{ view: View; here: Place; title: string }>) {
  const { say } = view;
  return (
    <Document
      language={view.language}
      title={`${title} · zgate`}
      href={view.href}
      scripts={["htmx.js", "app.js", "live.js"]}
    >
      <a class="skip" href="#content">
        {say("Skip to the content", "跳到正文")}
      </a>
      <header class="bar">
        <a class="brand" href="/dashboard">
          <Mark /> zgate
        </a>
        <nav aria-label={say("Pages", "页面")}>
          {places.map(({ path, name, ...place }) => (
            <a href={"isLook" in place ? lookAt(view, path) : path} aria-current={path === here ? "page" : undefined}>
              {name[view.language]}
            </a>
          ))}
        </nav>
        <div class="bar-end">
          <LanguageSwitch language={view.language} link={(to) => linkTo(view, { lang: to })} />
          <form method="post" action="/dashboard/sign-out">
            <input type="hidden" name="csrf" value={view.csrf ?? ""} />
            <button type="submit" class="quiet">
              {say("Sign out", "退出")}
            </button>
          </form>
        </div>
      </header>
      <div id="alerts" aria-live="polite">
        <Banner view={view} />
      </div>
      <main id="content" class="wide">
        {children}
      </main>
      <footer class="foot">
        <span safe>{`zgate ${view.version}`}</span>
        <span safe>{`${say("Times in", "时区")} ${view.zone}`}</span>
      </footer>
    </Document>
  );
}
