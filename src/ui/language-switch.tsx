import { Html } from "@elysiajs/html";
import type { Language } from "./say.ts";

/** `link` gives the address of the same page in a language. */
export function LanguageSwitch({ language, link }: { language: Language; link(to: Language): string }) {
  const other: Language = language === "en" ? "zh" : "en";
  return (
    <a class="quiet" href={link(other)} lang={other === "zh" ? "zh-CN" : "en"} hreflang={other}>
      {other === "en" ? "English" : "中文"}
    </a>
  );
}
