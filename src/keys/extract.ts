import { GatewayError } from "~/errors.ts";

/**
 * The one place that reads a key out of a request: `Authorization: Bearer` and `x-api-key`. Both may be there as long
 * as they say the same; two extractors, or a favourite among two keys, is how a restriction gets walked around.
 * Null where the request shows no key at all.
 */
export function shownToken(headers: Headers): string | null {
  const header = headers.get("authorization");
  const other = headers.get("x-api-key");
  // Nearly every request: one header, one key.
  if (other === null && header !== null && plain.test(header)) return header.slice(7);

  const authorization = header?.trim() ?? "";
  const bearer = /^bearer(?:\s+(.*))?$/is.exec(authorization);
  const shown = new Set(
    [bearer?.[1] ?? "", other ?? ""]
      // A header that is sent twice arrives joined by a comma.
      .flatMap((value) => value.split(","))
      .map((value) => value.trim().replace(/^bearer\s+/i, ""))
      .filter((value) => value !== ""),
  );
  if (shown.size > 1) {
    throw unauthorized(
      "conflicting_keys",
      "The request shows more than one API key. Send one, in Authorization or in x-api-key.",
    );
  }
  const [token] = shown;
  if (token !== undefined) return token;
  if (authorization !== "" && !bearer) {
    throw unauthorized(
      "wrong_scheme",
      "The Authorization header does not use the Bearer scheme. Send: Authorization: Bearer YOUR_KEY",
    );
  }
  return null;
}

/** The same where a key is one way in among others: a proxy's own sign-in (`Basic`) is then none of our business. */
export function tokenIfShown(headers: Headers): string | null {
  try {
    return shownToken(headers);
  } catch (error) {
    if (error instanceof GatewayError && error.kind === "wrong_scheme") return null;
    throw error;
  }
}

const plain = /^Bearer [\x21-\x2b\x2d-\x7e]+$/;

/** A 401 as HTTP wants it: it says which scheme would do. */
export function unauthorized(
  kind:
    | "missing_key"
    | "wrong_scheme"
    | "unknown_key"
    | "expired_key"
    | "revoked_key"
    | "disabled_key"
    | "conflicting_keys",
  message: string,
): GatewayError {
  return new GatewayError(kind, message, { headers: { "WWW-Authenticate": 'Bearer realm="zgate"' } });
}
