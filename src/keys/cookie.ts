import { longestSessionMs } from "./sessions.ts";

const plainName = "zgate_session";
// A browser takes a name with this prefix only over TLS, from this very host, for its whole path.
const secureName = "__Host-zgate_session";

/** The `Set-Cookie` of a sign-in. `isSecure`: the browser reached us over TLS, also by way of a trusted proxy. */
export function sessionCookie(id: string, isSecure: boolean): string {
  const age = Math.floor(longestSessionMs / 1000);
  return `${isSecure ? secureName : plainName}=${id}; Path=/; Max-Age=${age}; HttpOnly; SameSite=Lax${isSecure ? "; Secure" : ""}`;
}

/** The `Set-Cookie` of a sign-out. */
export function endedCookie(isSecure: boolean): string {
  return `${isSecure ? secureName : plainName}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax${isSecure ? "; Secure" : ""}`;
}

/** The session id that a request shows; null where it shows none. */
export function shownSession(headers: Headers): string | null {
  const cookies = (headers.get("cookie") ?? "").split(";").map((cookie) => cookie.trim());
  for (const name of [secureName, plainName]) {
    const cookie = cookies.find((one) => one.startsWith(`${name}=`));
    if (cookie) return cookie.slice(name.length + 1);
  }
  return null;
}
