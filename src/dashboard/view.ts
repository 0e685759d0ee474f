import type { Alert } from "~/alerts/alerts.ts";
import type { AssetName, Assets } from "~/assets.ts";
import type { Language } from "~/config/text.ts";
import { acceptedLanguage, isLanguage, type Say, sayIn } from "~/ui/say.ts";
import { isZone, type TimeReading } from "~/ui/times.tsx";

/** Who looks, and how: every page is a function of this and of its data. */
export interface View extends Sight {
  say: Say;
  query: URLSearchParams;
  /** The address of what the browser loads besides. */
  href(name: AssetName): string;
}

/** What is known of who looks, as plain values: it crosses to the thread that makes pages. */
export interface Sight extends TimeReading {
  language: Language;
  /** The path that was asked for, and what follows its `?`. */
  path: string;
  queryText: string;
  /** Milliseconds since 1970. */
  now: number;
  /** Where this browser reaches zgate: `http://127.0.0.1:9090`. */
  origin: string;
  /** The token of this session's changes; null for who is not signed in. */
  csrf: string | null;
  addresses: Assets["addresses"];
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
  const queryText = queryOf(request.url);
  const asked = new URLSearchParams(queryText).get("lang");
  const kept = cookie(request.headers, languageCookie);
  const language = isLanguage(asked)
    ? asked
    : isLanguage(kept)
      ? kept
      : acceptedLanguage(request.headers.get("accept-language"));
  const browserZone = cookie(request.headers, "zgate_zone");
  return viewFrom({
    language,
    zone: browserZone !== null && browserZone.length <= 64 && isZone(browserZone) ? browserZone : zone,
    path,
    queryText,
    now,
    origin: `${originOf(request.headers.get("host"), isSecure) ?? home}${basePath}`,
    csrf,
    addresses: assets.addresses,
    version,
    alerts,
  });
}

export function viewFrom(sight: Sight): View {
  return {
    ...sight,
    say: sayIn(sight.language),
    query: new URLSearchParams(sight.queryText),
    href: (name) => sight.addresses[name],
  };
}

export function sightOf({ say: _, query: __, href: ___, ...sight }: View): Sight {
  return sight;
}

/** Keeps a language that was chosen by a link: `?lang=zh`. */
export function languageCookies(request: Request): string[] {
  const asked = new URLSearchParams(queryOf(request.url)).get("lang");
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

/** What somebody looks for. */
export function searchIn(query: URLSearchParams): string {
  return (query.get("q") ?? "").trim().slice(0, 200);
}

/** `?older=<id>` or `?newer=<id>`. */
export function placeIn(query: URLSearchParams): { olderThan: number } | { newerThan: number } | null {
  const older = wholeIn(query.get("older"));
  if (older !== null) return { olderThan: older };
  const newer = wholeIn(query.get("newer"));
  return newer === null ? null : { newerThan: newer };
}

function wholeIn(text: string | null): number | null {
  return text !== null && /^\d{1,16}$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : null;
}

const languageCookie = "zgate_language";

/** A hostile Host header leaves `url` as a bare path, which `URL` would refuse. */
function queryOf(url: string): string {
  const at = url.indexOf("?");
  return at < 0 ? "" : url.slice(at + 1, at + 8_193);
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
