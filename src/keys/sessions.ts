import { eq } from "drizzle-orm";
import type { Clock } from "~/clock.ts";
import type { Statement, Writer } from "~/db/writer.ts";
import { type SessionRow, sessions } from "../../drizzle/sessions.ts";
import { macOf } from "./secret.ts";
import { build, type Who } from "./statements.ts";

export const longestSessionMs = 7 * 86_400_000;
export const longestIdleMs = 12 * 3_600_000;

/** People who are signed in. The id is the cookie's value; nothing but its HMAC is kept. */
export interface Sessions {
  /** A new session, 256 bits. `also` is committed with it. */
  start(who: Who, also: Statement[]): Promise<string>;
  /** Whether a cookie's value is a session that is neither too old nor idle for too long. From memory. */
  isOpen(id: string): boolean;
  end(id: string, also: Statement[]): Promise<void>;
  /** Everybody has to sign in again. */
  endAll(also: Statement[]): Promise<void>;
  /** Writes down when sessions were last seen, and forgets those that are over. */
  save(): Promise<void>;
}

export function createSessions(parts: {
  writer: Writer;
  clock: Clock;
  subkey: Uint8Array;
  rows: readonly SessionRow[];
}): Sessions {
  const { writer, clock, subkey } = parts;
  const open = new Map(parts.rows.map((row) => [nameOf(row.mac), row]));
  const seen = new Set<SessionRow>();

  return {
    async start(who, also) {
      const now = clock.now();
      const id = crypto.getRandomValues(new Uint8Array(32)).toBase64({ alphabet: "base64url", omitPadding: true });
      const row: SessionRow = {
        mac: macOf(id, subkey),
        createdAt: now,
        lastSeenAt: now,
        address: who.address,
        userAgent: who.userAgent.slice(0, 256),
      };
      await writer.write([build.insert(sessions).values(row).toSQL(), ...also]);
      open.set(nameOf(row.mac), row);
      return id;
    },

    isOpen(id) {
      if (id.length !== 43) return false;
      const now = clock.now();
      const row = open.get(nameOf(macOf(id, subkey)));
      if (!row || isOver(row, now)) return false;
      row.lastSeenAt = now;
      seen.add(row);
      return true;
    },

    async end(id, also) {
      const mac = macOf(id, subkey);
      await writer.write([build.delete(sessions).where(eq(sessions.mac, mac)).toSQL(), ...also]);
      open.delete(nameOf(mac));
    },

    async endAll(also) {
      await writer.write([build.delete(sessions).toSQL(), ...also]);
      open.clear();
    },

    async save() {
      const now = clock.now();
      const over = [...open.values()].filter((row) => isOver(row, now));
      const alive = [...seen].filter((row) => !over.includes(row));
      seen.clear();
      if (over.length + alive.length === 0) return;
      await writer.write([
        ...over.map(({ mac }) => build.delete(sessions).where(eq(sessions.mac, mac)).toSQL()),
        ...alive.map(({ mac, lastSeenAt }) =>
          build.update(sessions).set({ lastSeenAt }).where(eq(sessions.mac, mac)).toSQL(),
        ),
      ]);
      for (const { mac } of over) open.delete(nameOf(mac));
    },
  };
}

function isOver(row: SessionRow, now: number): boolean {
  return now - row.createdAt >= longestSessionMs || now - row.lastSeenAt >= longestIdleMs;
}

function nameOf(mac: Uint8Array): string {
  return Buffer.from(mac.buffer, mac.byteOffset, mac.byteLength).toString("latin1");
}
