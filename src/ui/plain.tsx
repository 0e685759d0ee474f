import { Html, type PropsWithChildren } from "@elysiajs/html";
import type { AssetName } from "~/assets.ts";
import { Document } from "./document.tsx";
import { Mark } from "./icons.tsx";
import { LanguageSwitch } from "./language-switch.tsx";
import type { Language } from "./say.ts";

interface PlainProps {
  language: Language;
  title: string;
  /** Where an asset is. */
  href(name: AssetName): string;
  /** The address of the same page in a language. */
  link(to: Language): string;
  /** Another page, beside the switch of languages. */
  beside?: { href: string; name: string };
}

/** A page for everybody: the name of the house above it, and nothing of the owner's. */
export function Plain({ language, title, href, link, beside, children }: PropsWithChildren<PlainProps>) {
  return (
    <Document language={language} title={title} href={href} scripts={["app.js"]} class="plain">
      <header class="top">
        <a class="brand" href="/">
          <Mark /> zgate
        </a>
        <span class="bar-end">
          {beside === undefined ? null : (
            <a href={beside.href} safe>
              {beside.name}
            </a>
          )}
          <LanguageSwitch language={language} link={link} />
        </span>
      </header>
      {children}
    </Document>
  );
}
