import { type SettingKey, type Settings, settingsTable } from "~/config.ts";
import { StartError } from "~/errors.ts";
import { chooseUpstream } from "~/upstreams/choose.ts";
import { parseEnvFile, quoteRule, unquote } from "./env-file.ts";
import { BadValue, SampleValue } from "./kinds.ts";
import { nameNotes } from "./names.ts";
import type { Setting } from "./setting.ts";
import { formOf, type Language, languageOf, type Text } from "./text.ts";

/** Where a value came from, and under which of its names. */
export interface Source {
  from: "environment" | ".env" | "default";
  name: string;
}
export type Sources = Record<SettingKey, Source>;

export interface LoadedConfig {
  settings: Settings;
  /** What the owner should hear: conflicts, settings without effect, names that nobody knows. In `settings.language`. */
  notes: string[];
  sources: Sources;
}

/** Everything that is wrong with the configuration, at once: a list of sentences for the owner. */
export class ConfigError extends StartError {
  constructor(
    readonly problems: string[],
    readonly language: Language,
  ) {
    super(problems.join("\n"));
  }
}

/**
 * Makes the checked settings out of the environment and the text of `.env`; throws a ConfigError.
 * For each name the environment goes before `.env`; then a canonical name goes before its aliases. Empty is unset.
 */
export function loadConfig(env: Record<string, string | undefined>, envFileText: string | null): LoadedConfig {
  const file = parseEnvFile(envFileText ?? "");
  const given = gather(env, file.values);
  const language = languageOf(localeNames.map((name) => given.get(name)?.text).find((text) => text !== undefined));
  const problems: Text[] = [...file.problems];
  const notes: Text[] = [];

  const values = {} as Record<SettingKey, unknown>;
  const sources = {} as Sources;
  for (const key of Object.keys(settingsTable) as SettingKey[]) {
    const row: Setting<unknown> = settingsTable[key];
    const found = find(row, given, notes);
    sources[key] = found ? { from: found.from, name: found.name } : { from: "default", name: row.name };
    values[key] = read(row, found, problems);
  }
  notes.push(...nameNotes(given, sources));
  if (problems.length > 0) throw new ConfigError(inLanguage(problems, language), language);

  const settings = derive(values as unknown as TableValues, sources, language, notes);
  const contradictions = contradictionsIn(settings);
  if (contradictions.length > 0) throw new ConfigError(inLanguage(contradictions, language), language);
  return { settings, notes: inLanguage(notes, language), sources };
}

/** One value that somebody gave, as it was written. */
export interface Given {
  from: "environment" | ".env";
  name: string;
  text: string;
}

type TableValues = Omit<Settings, "timezone" | "modelName" | "trustedProxies" | "language" | "upstream"> & {
  timezone: string | null;
  modelName: string | null;
  trustedProxies: string[] | null;
};

/** What libc asks for the language of messages, in its order. */
const localeNames = ["LC_ALL", "LC_MESSAGES", "LANG"];

function gather(env: Record<string, string | undefined>, file: Map<string, string>): Map<string, Given> {
  const given = new Map<string, Given>();
  const add = (from: Given["from"], name: string, text: string): void => {
    if (text.trim() !== "" && unquote(text) !== "") given.set(name, { from, name, text });
  };
  for (const [name, text] of file) add(".env", name, text);
  for (const [name, text] of Object.entries(env)) add("environment", name, text ?? "");
  return given;
}

function find(row: Setting<unknown>, given: Map<string, Given>, notes: Text[]): Given | null {
  const found = [row.name, ...row.aliases].flatMap((name) => given.get(name) ?? []);
  const [first, ...others] = found;
  if (!first) return null;
  for (const other of others) {
    if (unquote(other.text) !== unquote(first.text)) notes.push(conflict(first.name, other.name));
  }
  return first;
}

function read(row: Setting<unknown>, found: Given | null, problems: Text[]): unknown {
  if (found === null) return row.default === null ? null : row.kind.parse(row.default);
  const text = unquote(found.text);
  if (text === null) {
    problems.push({ en: `${found.name}: ${quoteRule.en}`, zh: `${found.name}：${quoteRule.zh}` });
    return null;
  }
  try {
    return row.kind.parse(text);
  } catch (thrown) {
    if (!(thrown instanceof BadValue)) throw thrown;
    problems.push(
      thrown instanceof SampleValue ? sampleValue(found.name, thrown.why) : badValue(found.name, row, text, thrown.why),
    );
    return null;
  }
}

function derive(values: TableValues, sources: Sources, language: Language, notes: Text[]): Settings {
  const isGiven = (key: SettingKey): boolean => sources[key].from !== "default";
  if (values.debugMode && isGiven("logLevel") && values.logLevel !== "debug") notes.push(levelWins);
  const upstream = chooseUpstream({ url: values.upstreamUrl, dialect: values.upstreamDialect, token: values.zaiToken });
  return {
    ...values,
    // The site refuses newer models to some of those who ask it.
    modelName: values.modelName ?? (upstream.dialect === "zai-web" ? "GLM-4.5" : "glm-4.7"),
    timezone: values.timezone ?? new Intl.DateTimeFormat().resolvedOptions().timeZone,
    trustedProxies: values.trustedProxies ?? [],
    language,
    // Without keys every web page that somebody opens could spend the quota through the visitor's own browser.
    corsOrigins: isGiven("corsOrigins") || values.apiKeyEnabled ? values.corsOrigins : [],
    thinkTagsMode: !isGiven("thinkTagsMode") && !values.includeThinking ? "hide" : values.thinkTagsMode,
    logLevel: !isGiven("logLevel") && values.debugMode ? "debug" : values.logLevel,
    upstream,
  };
}

/** Whether only this machine can reach a server that listens on `host`. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/i.test(host);
}

function contradictionsIn(settings: Settings): Text[] {
  const contradictions: Text[] = [];
  if (!settings.apiKeyEnabled && !isLoopback(settings.host) && settings.openToAll === null) {
    contradictions.push(openToAllNeeded(settings.host));
  }
  if ((settings.tlsCert === null) !== (settings.tlsKey === null)) contradictions.push(tlsNeedsBoth);
  if (settings.upstream.url === "") contradictions.push(addressNeeded);
  return contradictions;
}

function inLanguage(texts: Text[], language: Language): string[] {
  return texts.map((text) => text[language]);
}

function badValue(name: string, row: Setting<unknown>, text: string, why: Text | null): Text {
  const form = formOf(text);
  return {
    en: `${name} is ${form.en}; it must be ${row.kind.range.en}.${why ? ` ${sentence(why.en)}.` : ""}`,
    zh: `${name} 的值是 ${form.zh}；应为：${row.kind.range.zh}。${why ? `${why.zh}。` : ""}`,
  };
}

function sampleValue(name: string, why: Text | null): Text {
  return {
    en: `${name} is a sample value from a manual, and everybody knows it.${why ? ` ${why.en}.` : ""}`,
    zh: `${name} 是说明文档里的示例值，人人皆知。${why ? `${why.zh}。` : ""}`,
  };
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function conflict(winner: string, other: string): Text {
  return {
    en: `${winner} and ${other} say different things; ${winner} counts.`,
    zh: `${winner} 与 ${other} 的值不同，以 ${winner} 为准。`,
  };
}

const levelWins: Text = {
  en: "DEBUG_MODE is on, but LOG_LEVEL is set as well; LOG_LEVEL counts.",
  zh: "DEBUG_MODE 已打开，但同时设置了 LOG_LEVEL，以 LOG_LEVEL 为准。",
};

function openToAllNeeded(host: string): Text {
  return {
    en: `API_KEY_ENABLED=false with HOST=${host} lets everybody who reaches the port spend your quota. Set OPEN_TO_ALL=yes-i-know as well, or HOST=127.0.0.1, or API_KEY_ENABLED=true.`,
    zh: `API_KEY_ENABLED=false 且 HOST=${host} 时，任何能访问该端口的人都能消耗你的额度。请再设置 OPEN_TO_ALL=yes-i-know，或改用 HOST=127.0.0.1，或 API_KEY_ENABLED=true。`,
  };
}

const tlsNeedsBoth: Text = {
  en: "TLS_CERT and TLS_KEY belong together: set both, or neither.",
  zh: "TLS_CERT 和 TLS_KEY 必须同时设置，或都不设置。",
};

/** Said where nobody has added another upstream either, which only the database knows. */
export const tokenNeeded: Text = {
  en: "ANON_TOKEN_ENABLED=false forbids guests and ZAI_TOKEN is empty, so there is nothing to show chat.z.ai. Set ZAI_TOKEN to an API key from https://z.ai/manage-apikey/apikey-list (the official API), or ANON_TOKEN_ENABLED=true.",
  zh: "ANON_TOKEN_ENABLED=false 禁用了匿名身份，而 ZAI_TOKEN 为空，无法向 chat.z.ai 证明身份。请把 ZAI_TOKEN 设为在 https://z.ai/manage-apikey/apikey-list 创建的 API Key（官方 API），或设置 ANON_TOKEN_ENABLED=true。",
};

const addressNeeded: Text = {
  en: "UPSTREAM_DIALECT=openai needs an address: set UPSTREAM_URL, for example http://127.0.0.1:8000/v1.",
  zh: "UPSTREAM_DIALECT=openai 需要地址：请设置 UPSTREAM_URL，例如 http://127.0.0.1:8000/v1。",
};
