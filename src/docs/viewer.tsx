import { Html } from "@elysiajs/html";
import { linkTo, type View } from "~/dashboard/view.ts";
import { Document } from "~/ui/document.tsx";
import { Mark } from "~/ui/icons.tsx";
import { LanguageSwitch } from "~/ui/language-switch.tsx";

/** `GET /swagger`: every API, field by field, to try with a key. */
export function Viewer({ view }: { view: View }) {
  const { say, language } = view;
  return (
    <Document
      language={language}
      title={`${say("API docs", "API 文档")} · zgate`}
      href={view.href}
      styles={["swagger-ui.css", "docs.css"]}
      scripts={["swagger-ui.js", "docs.js"]}
    >
      <header class="docs-top">
        <a class="brand" href="/">
          <Mark /> zgate
        </a>
        <a href="/docs">{say("Examples to copy", "可复制的示例")}</a>
        <LanguageSwitch language={language} link={(to) => linkTo(view, { lang: to })} />
      </header>
      <noscript>
        {say("This page needs JavaScript; the description itself is at", "此页面需要 JavaScript；接口描述文件在")}{" "}
        <a href="/openapi.json">/openapi.json</a>
      </noscript>
      <main id="viewer" />
    </Document>
  );
}
