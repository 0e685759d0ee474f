import { type ErrorKind, errorKinds } from "~/errors.ts";
import { advice } from "~/gateway/advice.ts";
import { errorName, isErrorKind } from "~/ui/errors.ts";
import type { Language } from "~/ui/say.ts";
import { meaningOf } from "~/upstreams/zai/meanings.ts";

/** What a failure means and what to do about it, as far as it is known: its code may be one of Z.ai's own. */
export function explain(kind: ErrorKind, code: string | null, language: Language): string[] {
  const meaning = meaningOf(code ?? "");
  const known = meaning?.kind === kind ? [`${meaning.says[language]}${language === "zh" ? "。" : "."}`] : [];
  const help = errorKinds[kind].fault === "upstream" ? advice[kind]?.[language] : undefined;
  return [...known, ...(help ? [help] : [])];
}

/** A reason as accounts report it, `insufficient_quota 1113`, for people. */
export function reasonWords(reason: string, language: Language): string {
  const [kind = "", ...rest] = reason.split(" ");
  const code = rest.join(" ");
  if (!isErrorKind(kind)) return reason;
  const [meaning] = meaningOf(code) ? explain(kind, code, language) : [];
  return `${errorName(kind, language)}${code === "" ? "" : ` (${code})`}${meaning ? `: ${meaning}` : ""}`;
}
