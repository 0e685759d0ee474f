import type { Kind } from "./kinds.ts";
import type { Text } from "./text.ts";

/** What the settings are about, in the order in which people meet them. */
export const groups = {
  door: { en: "Server", zh: "服务" },
  keys: { en: "Keys and access", zh: "密钥与访问" },
  upstream: { en: "Upstream", zh: "上游" },
  models: { en: "Models and answers", zh: "模型与回答" },
  limits: { en: "Limits", zh: "限制" },
  storage: { en: "Storage", zh: "存储" },
  watching: { en: "Logs and monitoring", zh: "日志与监控" },
} as const satisfies Record<string, Text>;
export type Group = keyof typeof groups;

/** One setting. `D` is the default as a person would write it, read like any other value; null where there is none. */
export interface Setting<T, D extends string | null = string | null> {
  name: string;
  aliases: readonly string[];
  kind: Kind<T>;
  default: D;
  /** What happens without a value, where the default does not say it. */
  unset?: Text;
  /** Never shown. */
  secret?: true;
  group: Group;
  means: Text;
}

/** Keeps the types of the value and of its default apart for each row of the table. */
export function setting<T, D extends string | null>(row: Setting<T, D>): Setting<T, D> {
  return row;
}

/** A setting without a default is null while nobody sets it. */
export type ValueOf<S> = S extends Setting<infer T, infer D> ? (D extends null ? T | null : T) : never;
