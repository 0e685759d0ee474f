import { Html, type PropsWithChildren } from "@elysiajs/html";
import type { AssetName } from "~/assets.ts";
import type { Language } from "./say.ts";

type DocumentProps = PropsWithChildren<{
  language: Language;
  title: string;
  href(name: AssetName): string;
  /** Which scripts the page runs, in this order. */
  scripts: readonly AssetName[];
  styles?: readonly AssetName[];
  class?: string;
}>;

/** What every page stands in. */
export function Document({
  language,
  title,
  href,
  scripts,
  styles = ["app.css"],
  class: name,
  children,
}: DocumentProps) {
  return (
    <html lang={language === "zh" ? "zh-CN" : "en"}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <meta name="htmx-config" content={htmxConfig} />
        <title safe>{title}</title>
        <link rel="icon" type="image/svg+xml" href={href("icon.svg")} />
        {styles.map((style) => (
          <link rel="stylesheet" href={href(style)} />
        ))}
        {scripts.map((script) => (
          <script src={href(script)} defer />
        ))}
      </head>
      <body class={name}>{children}</body>
    </html>
  );
}

/** Requests to ourselves alone, no style element of its own, and an answer that is an error replaces no piece of a page. */
const htmxConfig = JSON.stringify({
  mode: "same-origin",
  includeIndicatorCSS: false,
  noSwap: [204, 304, 401, 403, 404, 405, 413, 429, 500, 502, 503, 504],
});
