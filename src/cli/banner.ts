import { effectiveSettings } from "~/config/effective.ts";
import { isLoopback, type LoadedConfig } from "~/config/load.ts";
import type { Language, Text } from "~/config/text.ts";
import type { DialectName } from "~/upstreams/upstream.ts";
import { startWarnings } from "./warnings.ts";

export interface StartFacts {
  version: string;
  /** The port that is listened on, which is not the configured one when that was 0. */
  port: number;
  config: LoadedConfig;
  /** What this very start has to tell: a key that was made, the file that holds it. Already in the owner's language. */
  news: string[];
}

/** The text of a start: addresses, upstream, who reaches it, news, warnings and the settings in use. No colours. */
export function startBanner(facts: StartFacts): string[] {
  const { settings, notes, sources } = facts.config;
  const { language } = settings;
  const say = (text: Text): string => text[language];
  return [
    `zgate ${facts.version}`,
    "",
    ...columns(addresses(facts), language),
    "",
    say(isLoopback(settings.host) ? onlyHere : everywhere(settings.host)),
    ...paragraph(facts.news.map((line) => `* ${line}`)),
    ...paragraph(startWarnings(settings).map((text) => `! ${say(text)}`)),
    ...paragraph(notes.map((line) => `- ${line}`)),
    "",
    say(settingsTitle),
    ...columns(
      effectiveSettings(settings, sources).map(({ name, value, from }) => [
        { en: name, zh: name },
        from === "default" ? value : `${value}  (${from})`,
      ]),
      language,
    ),
  ];
}

function addresses({ port, config }: StartFacts): [Text, string][] {
  const { settings } = config;
  const { language, upstream } = settings;
  const home = `${settings.tlsCert ? "https" : "http"}://${hostForPeople(settings.host)}:${port}`;
  return [
    [{ en: "Home", zh: "首页" }, `${home}/`],
    [{ en: "API base", zh: "API 地址" }, `${home}/v1`],
    [{ en: "Dashboard", zh: "面板" }, settings.dashboardEnabled ? `${home}/dashboard` : dashboardOff[language]],
    [{ en: "Docs", zh: "文档" }, `${home}/docs`],
    [
      { en: "Upstream", zh: "上游" },
      `${upstream.url}  (${upstream.dialect}: ${dialectNames[upstream.dialect][language]})`,
    ],
  ];
}

/** An address that means "all networks" is none that a browser can open. */
function hostForPeople(host: string): string {
  if (["0.0.0.0", "::", "[::]"].includes(host)) return "localhost";
  return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}

function paragraph(lines: string[]): string[] {
  return lines.length === 0 ? [] : ["", ...lines];
}

function columns(rows: [Text, string][], language: Language): string[] {
  // A Chinese character takes two cells of a terminal.
  const cells = (text: string): number => Bun.stringWidth(text);
  const widest = Math.max(...rows.map(([title]) => cells(title[language])));
  return rows.map(([title, value]) => {
    const name = title[language];
    return `  ${name}${" ".repeat(widest - cells(name))}  ${value}`;
  });
}

const dialectNames: Record<DialectName, Text> = {
  zai: { en: "the official Z.ai API", zh: "Z.ai 官方 API" },
  "zai-web": { en: "the web chat of Z.ai", zh: "Z.ai 网页版" },
  openai: { en: "plain Chat Completions", zh: "通用 Chat Completions" },
};

const dashboardOff: Text = { en: "off (DASHBOARD_ENABLED=false)", zh: "已关闭（DASHBOARD_ENABLED=false）" };

const settingsTitle: Text = { en: "Settings in use, secrets masked:", zh: "当前生效的设置（密钥已隐藏）：" };

const onlyHere: Text = {
  en: "Only this machine reaches zgate. For others, put a proxy with TLS (nginx, Caddy) in front of it, or set HOST=0.0.0.0.",
  zh: "目前只有本机能访问 zgate。要让其他机器访问，请在前面放一个带 TLS 的反向代理（nginx、Caddy），或设置 HOST=0.0.0.0。",
};

function everywhere(host: string): Text {
  return {
    en: `HOST=${host}: other machines reach zgate, without TLS. On the open internet put a proxy with TLS (nginx, Caddy) in front of it.`,
    zh: `HOST=${host}：其他机器可以访问 zgate，但没有 TLS。若暴露在公网，请在前面放一个带 TLS 的反向代理（nginx、Caddy）。`,
  };
}
