import { GatewayError } from "~/errors.ts";
import type { KeySecretRow } from "../../drizzle/key-secrets.ts";
import { createLockout } from "./lockout.ts";

/**
 * Runs a verification for a stranger (an address), and slows down whoever shows unknown keys. Once an address has
 * guessed too often, only secrets that came from it before get through: who guesses never learns that he was right, and
 * the neighbours behind the same address are not locked out with him.
 */
export function createGuessGuard(): <T extends { secret: KeySecretRow | null }>(
  stranger: string,
  now: number,
  verify: () => T,
) => T {
  const lockout = createLockout({ free: 20, longestMs: 60_000 });
  const acquainted = new Map<string, Set<number>>();

  return (stranger, now, verify) => {
    const waitMs = lockout.waitMs(stranger, now);
    try {
      const found = verify();
      if (found.secret) {
        if (waitMs > 0 && !acquainted.get(stranger)?.has(found.secret.id)) throw guessed(waitMs);
        remember(acquainted, stranger, found.secret.id);
      }
      return found;
    } catch (error) {
      if (!(error instanceof GatewayError) || error.kind !== "unknown_key") throw error;
      if (waitMs > 0) throw guessed(waitMs);
      lockout.fail(stranger, now);
      throw error;
    }
  };
}

const mostStrangers = 10_000;

function remember(acquainted: Map<string, Set<number>>, stranger: string, secretId: number): void {
  const known = acquainted.get(stranger);
  if (known) {
    known.add(secretId);
    return;
  }
  acquainted.set(stranger, new Set([secretId]));
  if (acquainted.size > mostStrangers) acquainted.delete(acquainted.keys().next().value!);
}

function guessed(waitMs: number): GatewayError {
  const seconds = Math.ceil(waitMs / 1000);
  return new GatewayError(
    "too_many_requests",
    `Too many unknown API keys came from this address. Wait ${seconds} s, and check the key.`,
    {
      retryAfterMs: waitMs,
    },
  );
}
