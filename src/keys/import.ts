import { isSampleSecret } from "~/config/samples.ts";
import { parseToken, shortestImport } from "./secret.ts";

/** A line that makes a good one, for every message that refuses a bad one. */
export const makesAGoodOne = "openssl rand -hex 32";

/** Why a string of somebody's own cannot become a client key, as the end of a sentence; null if it can. */
export function whyNoKey(token: string): string | null {
  if (isSampleSecret(token)) return "is a sample value from a manual, which everybody knows";
  if (token.length < shortestImport) return `has ${token.length} characters, fewer than ${shortestImport}`;
  if (token.length > 512) return "has more than 512 characters";
  // A comma would read as two headers in one.
  if (!/^[\x21-\x2b\x2d-\x7e]+$/.test(token)) return "holds a space, a comma or a character outside ASCII";
  if (parseToken(token) === "typo")
    return "has the form of a zgate key, but its checksum is wrong: it was not copied whole";
  return null;
}
