import { GatewayError } from "~/errors.ts";
import type { Admin } from "~/keys/admin.ts";
import { tokenIfShown } from "~/keys/extract.ts";
import type { Gate } from "~/keys/gate.ts";
import type { Keys } from "~/keys/keys.ts";
import type { Who } from "~/keys/statements.ts";
import { requireRight } from "~/keys/verify.ts";

/**
 * Who administers: a key with the right `admin`, or somebody who is signed in. A change by way of a session must come
 * from a page of ours, with its token in `x-csrf-token`; a key is never sent along by a browser on its own, so it needs
 * neither.
 */
export function requireAdmin(parts: { keys: Keys; admin: Admin; gate: Gate }, request: Request, address: string): Who {
  const { headers, method } = request;
  parts.gate.refuseBlocked(address);
  const userAgent = headers.get("user-agent") ?? "";
  if (tokenIfShown(headers) !== null) {
    const verified = parts.keys.verify(headers, address);
    // With keys off anybody's string is `open`, which has no rights here.
    requireRight(verified, "admin");
    return { actor: `key ${verified.name}`, address, userAgent };
  }
  const session = parts.admin.session(headers);
  if (session === null) {
    throw new GatewayError(
      "missing_key",
      "Sign in, or send a key with the right to administer: Authorization: Bearer YOUR_KEY",
      {
        headers: { "WWW-Authenticate": 'Bearer realm="zgate"' },
      },
    );
  }
  if (method !== "GET" && method !== "HEAD")
    parts.admin.requireOwnPage(headers, session, headers.get("x-csrf-token") ?? "");
  return { actor: "admin", address, userAgent };
}
