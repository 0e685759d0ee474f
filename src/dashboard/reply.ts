import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { whole } from "~/wire/whole.ts";

/** What every page says to the browser: nothing from elsewhere, nothing inline, in nobody's frame, kept by nobody. */
export const pageHeaders = {
  "content-type": "text/html; charset=utf-8",
  "content-security-policy":
    "default-src 'self'; script-src 'self'; style-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "same-origin",
  "cache-control": "no-store",
  vary: "accept-encoding, accept-language, cookie, hx-request",
} as const;

interface Options {
  status?: number;
  headers?: Record<string, string>;
  cookies?: string[];
}

/** A page, or the piece of one that htmx asked for. It is compressed off the thread that carries traffic. */
export async function htmlReply(
  request: Request,
  element: JSX.Element,
  { status = 200, headers = {}, cookies = [] }: Options = {},
): Promise<Response> {
  const html = documentOf(await element);
  const answer = new Headers({ ...pageHeaders, ...headers });
  for (const cookie of cookies) answer.append("set-cookie", cookie);
  if (!takesZipped(request) || !isWorthZipping(html)) return whole(html, { status, headers: answer });
  answer.set("content-encoding", "gzip");
  return whole(await zip(html, { level: 5 }), { status, headers: answer });
}

export function documentOf(markup: string): string {
  return markup.startsWith("<html") ? `<!doctype html>${markup}` : markup;
}

export function takesZipped({ headers }: Request): boolean {
  return /\bgzip\b/.test(headers.get("accept-encoding") ?? "");
}

export function isWorthZipping(html: string): boolean {
  return html.length > 1_400;
}

/** Sends a browser elsewhere: by a redirect, or, when htmx asked for a piece of a page, by the header that it obeys. */
export function goTo(request: Request, path: string, cookies: string[] = [], htmxStatus = 200): Response {
  const headers = new Headers({ ...pageHeaders });
  for (const cookie of cookies) headers.append("set-cookie", cookie);
  if (isHtmx(request)) {
    headers.set("hx-redirect", path);
    return new Response(null, { status: htmxStatus, headers });
  }
  headers.set("location", path);
  return new Response(null, { status: 303, headers });
}

/** Whether somebody sits in front of it, and not a program. */
export function isBrowser(request: Request): boolean {
  return request.headers.get("accept")?.includes("text/html") === true;
}

export function isHtmx(request: Request): boolean {
  return request.headers.get("hx-request") === "true";
}

const zip = promisify(gzip);
