/** One sentence for people, in both of zgate's languages. */
export interface Text {
  en: string;
  zh: string;
}

export type Language = keyof Text;

/** The language that a POSIX locale asks for: `zh_CN.UTF-8` is Chinese, everything else English. */
export function languageOf(locale: string | undefined): Language {
  return locale?.toLowerCase().startsWith("zh") ? "zh" : "en";
}

/** The language that the arguments of a command ask for; English where they do not. */
export function languageIn({ language }: Readonly<Record<string, unknown>>): Language {
  return language === "zh" ? "zh" : "en";
}

/**
 * What may be said of a value that was not understood. Somebody may have pasted a secret into the wrong line, so only
 * short numbers are shown as they are; of everything else the length and the make-up are told.
 */
export function formOf(value: string): Text {
  if (/^[+-]?\d{1,9}(\.\d{1,3})?$/.test(value)) return { en: `the number ${value}`, zh: `数字 ${value}` };
  const makeUp = makeUps.find((candidate) => candidate.pattern.test(value)) ?? anyMakeUp;
  const count = [...value].length;
  return {
    en: `${count} ${count === 1 ? "character" : "characters"} (${makeUp.en})`,
    zh: `${count} 个字符（${makeUp.zh}）`,
  };
}

const makeUps = [
  { pattern: /^\d+$/, en: "digits", zh: "数字" },
  { pattern: /^[A-Za-z]+$/, en: "letters", zh: "字母" },
  { pattern: /^[A-Za-z0-9]+$/, en: "letters and digits", zh: "字母和数字" },
  { pattern: /^[A-Za-z0-9._-]+$/, en: "letters, digits, dots and dashes", zh: "字母、数字、点和横线" },
  { pattern: /^\S+$/, en: "with other signs", zh: "含其他符号" },
];
const anyMakeUp = { en: "with spaces", zh: "含空格" };
