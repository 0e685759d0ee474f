import type { DialectName } from "./upstream.ts";

export const officialBase = "https://api.z.ai/api/paas/v4";
export const webCompletions = "https://chat.z.ai/api/chat/completions";

/** Where requests go, and what is spoken there. */
export interface UpstreamChoice {
  dialect: DialectName;
  /**
   * Normalised, without a trailing slash. `zai` and `openai`: the base, to which `/chat/completions` is added.
   * `zai-web`: the full completions address.
   */
  url: string;
  /** Whether zgate chose the address itself, so that a refused key may belong to another one. */
  baseIsDefault: boolean;
  /** Whether this is the base of a GLM Coding Plan, whose terms name the tools that may use it. */
  isCodingPlan: boolean;
}

/**
 * Chooses by the address, as its owner wrote it: chat.z.ai, or a path that ends like its own, is the web; `/paas/v4` is
 * the official API; anything else speaks plain Chat Completions. Without an address the token's form decides.
 * A dialect that was named outright always holds.
 */
export function chooseUpstream(asked: {
  url: string | null;
  dialect: DialectName | "auto";
  token: string | null;
}): UpstreamChoice {
  const dialect = asked.dialect === "auto" ? tell(asked.url, asked.token) : asked.dialect;
  const url =
    asked.url === null ? defaultUrls[dialect] : normalise[dialect](new URL(asked.url).href.replace(/\/+$/, ""));
  return { dialect, url, baseIsDefault: asked.url === null, isCodingPlan: /\/coding\/paas\/v4$/.test(url) };
}

/** An API key of the official platforms: `id.secret`. A browser's token has three parts. */
export function isOfficialKey(token: string): boolean {
  return /^[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}$/.test(token);
}

const officialHosts = ["api.z.ai", "open.bigmodel.cn"];

/** Whether an address is one of Z.ai's own, where every key has that form. */
export function wantsOfficialKey(url: string): boolean {
  return officialHosts.includes(new URL(url).hostname);
}

const webHost = "chat.z.ai";

function tell(url: string | null, token: string | null): DialectName {
  if (url === null) return token !== null && isOfficialKey(token) ? "zai" : "zai-web";
  const { hostname, pathname } = new URL(url);
  if (hostname === webHost || /\/api\/chat\/completions\/*$/.test(pathname)) return "zai-web";
  if (/\/paas\/v4(\/|$)/.test(pathname)) return "zai";
  // A bare official host has nothing to offer at its root, so its owner can only mean the API.
  return officialHosts.includes(hostname) && pathname === "/" ? "zai" : "openai";
}

/** A plain upstream has no address of its own: without one, `openai` cannot be chosen. */
const defaultUrls: Record<DialectName, string> = { zai: officialBase, "zai-web": webCompletions, openai: "" };

const normalise: Record<DialectName, (url: string) => string> = {
  zai(url) {
    const base = /^(.*\/paas\/v4)(\/.*)?$/.exec(url)?.[1] ?? withoutCompletions(url);
    return new URL(base).pathname === "/" ? `${base}/api/paas/v4` : base;
  },
  "zai-web": (url) =>
    url.endsWith("/api/chat/completions") ? url : `${url.replace(/\/api$/, "")}/api/chat/completions`,
  openai: withoutCompletions,
};

function withoutCompletions(url: string): string {
  return url.replace(/\/chat\/completions$/, "");
}
