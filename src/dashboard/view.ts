import type { Alert } from "~/alerts/alerts.ts";
import type { Assets } from "~/assets.ts";
import type { Language } from "~/config/text.ts";
import { acceptedLanguage, isLanguage, type Say, sayIn } from "~/ui/say.ts";
import { isZone, type TimeReading } from "~/ui/times.tsx";

/** Who looks, and how: every page is a function of this and of its data. */
export interface View extends TimeReading {
  say: Say;
  language: Language;
  /** The path that was asked for, and what its query says. */
  path: string;
  query: URLSearchParams;
  /** Milliseconds since 1970. */
  now: number;
  /** Where this browser reaches zgate: `http://127.0.0.1:9090`. */
  origin: string;
  /** The token of this session's changes; null for who is not signed in. */
  csrf: string | null;
  href: Assets["href"];
  version: string;
  /** What is wrong now, for who is signed in. */
  alerts: readonly Alert[];
}

interface Parts {
  request: Request;
  path: string;
  now: number;
  isSecure: boolean;
  csrf: string | null;
  assets: Assets;
  version: string;
  /** Where the browser does not say its own. */
  zone: string;
  /** Where the request names no host that could be one. */
  home: string;
  basePath: string;
  alerts: readonly Alert[];
}

export function viewOf(parts: Parts): View {
  const { request, path, now, isSecure, csrf, assets, version, zone, home, basePath, alerts } = parts;
  const query = queryOf(request.url);
  const asked = query.get("lang");
  const kept = cookie(request.headers, languageCookie);
  const language = isLanguage(asked)
    ? asked
    : isLanguage(kept)
      ? kept
      : acceptedLanguage(request.headers.get("accept-language"));
  const browserZone = cookie(request.headers, "zgate_zone");
  return {
    say: sayIn(language),
    language,
    zone: browserZone !== null && browserZone.length <= 64 && isZone(browserZone) ? browserZone : zone,
    path,
    query,
    now,
    origin: `${originOf(request.headers.get("host"), isSecure) ?? home}${basePath}`,
    csrf,
    href: assets.href,
    version,
    alerts,
  };
}

/** Keeps a language that was chosen by a link: `?lang=zh`. */
export function languageCookies(request: Request): string[] {
  const asked = queryOf(request.url).get("lang");
  return isLanguage(asked) ? [`${languageCookie}=${asked}; Path=/; Max-Age=31536000; SameSite=Lax`] : [];
}

/** This very view, with other things in its query; null takes one out. */
export function linkTo(view: View, change: Record<string, string | null>, path = view.path): string {
  const query = new URLSearchParams(view.query);
  for (const [name, value] of Object.entries(change)) {
    if (value === null) query.delete(name);
    else query.set(name, value);
  }
  const text = query.toString();
  return text === "" ? path : `${path}?${text}`;
}

const languageCookie = "zgate_language";

/** A hostile Host header leaves `url` as a bare path, which `URL` would refuse. */
function queryOf(url: string): URLSearchParams {
  const at = url.indexOf("?");
  return new URLSearchParams(at < 0 ? "" : url.slice(at + 1, at + 8_193));
}

function cookie(headers: Headers, name: string): string | null {
  for (const one of (headers.get("cookie") ?? "").split(";")) {
    const [key, value] = one.trim().split("=", 2);
    if (key === name && value !== undefined) return safeDecode(value);
  }
  return null;
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function originOf(host: string | null, isSecure: boolean): string | null {
  return host !== null && /^([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:\d{1,5})?$/.test(host)
    ? `${isSecure ? "https" : "http"}://${host}`
    : null;
}
