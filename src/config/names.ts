import { type SettingKey, settingsTable } from "~/config.ts";
import type { Given, Sources } from "./load.ts";
import type { Text } from "./text.ts";

/** Names of the older systems that have nothing to act on here, each with the reason. */
export const withoutEffect: Record<string, Text> = {
  CONTENT_CACHE_TTL: {
    en: "zgate keeps no answers, so there is nothing to cache",
    zh: "zgate 不保存回答内容，无可缓存",
  },
  ZAI_ANTHROPIC_API_KEY: {
    en: "DEFAULT_KEY opens every API; make or import a key of its own for that client",
    zh: "DEFAULT_KEY 可用于所有 API；如需单独的密钥，请另行创建或导入",
  },
  ZAI_FUNCTION_CALL_ENABLED: { en: "tools are always passed on", zh: "工具调用始终启用" },
  ZAI_MAX_JSON_SCAN: { en: "answers are read as a stream, of any length", zh: "回答按流读取，不限长度" },
  ZAI_TOOL_CALL_TIMEOUT: { en: "tools run at the client, never here", zh: "工具在客户端执行，不在此处执行" },
  ZAI_TOOL_CALL_RETRY_COUNT: { en: "tools run at the client, never here", zh: "工具在客户端执行，不在此处执行" },
  ZAI_TOOL_CALL_RETRY_BACKOFF: { en: "tools run at the client, never here", zh: "工具在客户端执行，不在此处执行" },
  ZAI_LOG_FORMAT: {
    en: "its values were patterns of another language; set LOG_FORMAT to json or pretty",
    zh: "旧值是另一种语言的格式串；请将 LOG_FORMAT 设为 json 或 pretty",
  },
  ZAI_AUTO_RELOAD: { en: "settings are read at the start", zh: "设置只在启动时读取" },
  ZAI_SHOW_ERRORS_DETAIL: {
    en: "errors always say what is wrong, and never show what is inside",
    zh: "错误信息始终说明原因，且从不暴露内部细节",
  },
};

/** What is to be said of names: those without effect, and those that look like a setting but are none. */
export function nameNotes(given: Map<string, Given>, sources: Sources): Text[] {
  const used = new Set(Object.values(sources).map((source) => source.name));
  return [...given.values()].flatMap(({ name, from }) => {
    const reason = [name, canonical(name)].find((one) => Object.hasOwn(withoutEffect, one));
    if (reason) return [noEffect(name, withoutEffect[reason]!)];
    if (used.has(name) || allNames.includes(name)) return [];
    return unknownName(name, from) ?? [];
  });
}

const rows = Object.keys(settingsTable).map((key) => settingsTable[key as SettingKey]);
const allNames: string[] = rows.flatMap((row) => [row.name, ...row.aliases]);

function canonical(name: string): string {
  return rows.find((row) => (row.aliases as readonly string[]).includes(name))?.name ?? name;
}

function noEffect(name: string, reason: Text): Text {
  return { en: `${name} has no effect: ${reason.en}.`, zh: `${name} 没有作用：${reason.zh}。` };
}

function unknownName(name: string, from: Given["from"]): Text | null {
  const isOurs = /^(ZAI|ZGATE)_/.test(name);
  // The environment is full of other programs' names, and `.env` may hold some of Docker's.
  if (!isOurs && from === "environment") return null;
  const nearest = nearestName(name);
  if (!isOurs && nearest === null) return null;
  return {
    en: `${name} is not a setting and is ignored.${nearest ? ` Did you mean ${nearest}?` : ""}`,
    zh: `${name} 不是有效的设置，已忽略。${nearest ? `是否想写 ${nearest}？` : ""}`,
  };
}

function nearestName(name: string): string | null {
  const close = allNames
    .map((candidate) => ({ candidate, distance: distance(name.toUpperCase(), candidate) }))
    .filter(({ candidate, distance }) => distance <= Math.max(1, Math.floor(candidate.length / 5)))
    .sort((a, b) => a.distance - b.distance);
  return close[0]?.candidate ?? null;
}

/** Letters to change, add or take away until one word is the other (Levenshtein), two swapped ones counting once. */
function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      let least = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (isSame ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, beforeLast[j - 2]! + 1);
      row.push(least);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
