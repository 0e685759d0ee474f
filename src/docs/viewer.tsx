import { Html } from "@elysiajs/html";
import type { View } from "~/dashboard/view.ts";
import { Document } from "~/ui/document.tsx";

export function Viewer({ view }: { view: View }) {
  return (
    <Document
      language={view.language}
      title={`${view.say("API docs", "API 文档")} · zgate`}
      href={view.href}
      styles={["swagger-ui.css", "docs.css"]}
      scripts={["swagger-ui.js", "docs.js"]}
    >
      <noscript>
        {view.say("The description itself is at", "接口描述文件在")} <a href="/openapi.json">/openapi.json</a>
      </noscript>
      <div id="viewer" />
    </Document>
  );
}
