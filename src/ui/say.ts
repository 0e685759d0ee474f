import type { Language, Text } from "~/config/text.ts";

export type { Language, Text } from "~/config/text.ts";

/**
 * Says one thing in the reader's language. Both stand where they are used, so none can be forgotten; their types are
 * literals, which the XSS scan knows to be harmless.
 */
export type Say = <const English extends string, const Chinese extends string>(
  en: English,
  zh: Chinese,
) => English | Chinese;

export function sayIn(language: Language): Say {
  return (en, zh) => (language === "zh" ? zh : en);
}

export function isLanguage(text: string | null | undefined): text is Language {
  return text === "en" || text === "zh";
}

/** The first of the browser's languages that we have: `zh-CN,zh;q=0.9,en;q=0.8`. */
export function acceptedLanguage(header: string | null): Language {
  const wanted = (header ?? "").split(",").map((item) => {
    const [tag = "", ...parameters] = item.trim().toLowerCase().split(";");
    const q = parameters.map((parameter) => /^\s*q=([\d.]+)$/.exec(parameter)?.[1]).find(Boolean);
    return { tag, weight: q === undefined ? 1 : Number(q) };
  });
  wanted.sort((one, other) => other.weight - one.weight);
  for (const { tag } of wanted) {
    if (tag === "zh" || tag.startsWith("zh-")) return "zh";
    if (tag === "en" || tag.startsWith("en-")) return "en";
  }
  return "en";
}

/** A text that a list holds in both languages. */
export function inLanguage(text: Text, language: Language): string {
  return text[language];
}
