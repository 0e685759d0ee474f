import { isSameMac, macOf } from "./secret.ts";

/** Sent along with every change that a page asks for; only our own pages know it. One for each session. */
export function csrfToken(subkey: Uint8Array, sessionId: string): string {
  return macOf(`csrf ${sessionId}`, subkey).toString("base64url");
}

export function isCsrfToken(subkey: Uint8Array, sessionId: string, token: string): boolean {
  return isSameMac(Buffer.from(csrfToken(subkey, sessionId)), Buffer.from(token));
}

/**
 * Whether a browser says that the request comes from a page of ours: `Sec-Fetch-Site`, or, from older browsers and
 * over plain HTTP, an `Origin` with the host that was asked. A request that says neither is not from a page of ours.
 * https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
 */
export function isFromOurPage(headers: Headers): boolean {
  const site = headers.get("sec-fetch-site");
  if (site !== null) return site === "same-origin";
  const origin = headers.get("origin");
  const host = headers.get("host");
  return origin !== null && host !== null && hostOf(origin) === host.toLowerCase();
}

function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}
