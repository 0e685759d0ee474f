import { isIP } from "node:net";
import { BadValue, type Kind } from "./kinds.ts";
import type { Text } from "./text.ts";

/** An address that we call. It has no name and password in it, no query and no fragment. Without its trailing slash. */
export const httpUrl: Kind<string> = {
  range: { en: "an http:// or https:// address", zh: "http:// 或 https:// 地址" },
  parse(text) {
    const url = URL.canParse(text) ? new URL(text) : null;
    if (!url || !/^https?:$/.test(url.protocol) || /\s/.test(text)) throw new BadValue();
    if (url.username || url.password) {
      throw new BadValue({
        en: "put the secret into ZAI_TOKEN, not into the address",
        zh: "密钥请写在 ZAI_TOKEN，不要写进地址",
      });
    }
    if (url.search || url.hash)
      throw new BadValue({ en: "leave out everything from ? or # on", zh: "请去掉 ? 或 # 之后的部分" });
    if (/\/api\/anthropic(\/|$)/.test(url.pathname)) throw new BadValue(notTheAnthropicBase);
    return url.href.replace(/\/+$/, "");
  },
};

/** An HTTP proxy, with its user and password where it wants them. */
export const proxyUrl: Kind<string> = {
  range: { en: "an http:// or https:// address of a proxy", zh: "代理的 http:// 或 https:// 地址" },
  parse(text) {
    const url = URL.canParse(text) ? new URL(text) : null;
    if (url && /^socks/.test(url.protocol)) throw new BadValue(noSocks);
    if (
      !url ||
      !/^https?:$/.test(url.protocol) ||
      url.hostname === "" ||
      url.search ||
      url.hash ||
      url.pathname !== "/"
    )
      throw new BadValue();
    return url.href.replace(/\/+$/, "");
  },
};

const noSocks: Text = {
  en: "the runtime speaks HTTP proxies (CONNECT) and no SOCKS; most SOCKS proxies can open an HTTP port as well",
  zh: "运行时只支持 HTTP 代理（CONNECT），不支持 SOCKS；多数 SOCKS 代理也可开启 HTTP 端口",
};

/** The base that Claude Code is given belongs to one API of several, and does not tell which plan a key is for. */
const notTheAnthropicBase: Text = {
  en: "This is Z.ai's Anthropic address; write https://api.z.ai/api/paas/v4, or for a coding plan https://api.z.ai/api/coding/paas/v4",
  zh: "这是 Z.ai 的 Anthropic 地址；请写 https://api.z.ai/api/paas/v4，编程套餐请写 https://api.z.ai/api/coding/paas/v4",
};

/** `*` alone, or origins as browsers send them. */
export const origins: Kind<string[]> = {
  range: {
    en: "* or origins like https://example.com, separated by commas; none for no origin at all",
    zh: "* 或以逗号分隔的来源，如 https://example.com；none 表示不允许任何来源",
  },
  parse(text) {
    if (text.toLowerCase() === "none") return [];
    const parts = splitList(text);
    if (parts.length === 1 && parts[0] === "*") return ["*"];
    return parts.map((part) => {
      const url = URL.canParse(part) ? new URL(part) : null;
      if (!url || url.origin === "null" || part.includes("*") || url.href !== `${url.origin}/`) throw new BadValue();
      return url.origin;
    });
  },
};

const networkNames: Record<string, string[]> = {
  loopback: ["127.0.0.0/8", "::1/128"],
  private: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"],
};

/** Addresses and networks in CIDR form. `loopback` and `private` are read as the networks that they stand for. */
export const networks: Kind<string[]> = {
  range: {
    en: "addresses or networks (10.0.0.0/8), the words loopback or private, separated by commas",
    zh: "以逗号分隔的地址或网段（如 10.0.0.0/8），也可写 loopback 或 private",
  },
  parse: (text) => splitList(text).flatMap((part) => networkNames[part.toLowerCase()] ?? [network(part)]),
};

function splitList(text: string): string[] {
  const parts = text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  if (parts.length === 0) throw new BadValue();
  return parts;
}

function network(part: string): string {
  const [address = "", bits, ...rest] = part.split("/");
  const family = isIP(address);
  const widest = family === 6 ? 128 : 32;
  if (family === 0 || rest.length > 0) throw new BadValue();
  if (bits === undefined) return `${address}/${widest}`;
  if (!/^\d{1,3}$/.test(bits) || Number(bits) > widest) throw new BadValue();
  return `${address}/${bits}`;
}
