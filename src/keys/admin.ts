import type { Clock } from "~/clock.ts";
import type { Text } from "~/config/text.ts";
import type { OwnFile } from "~/db/secret-file.ts";
import type { Statement, Writer } from "~/db/writer.ts";
import { GatewayError } from "~/errors.ts";
import type { SessionRow } from "../../drizzle/sessions.ts";
import { shownSession } from "./cookie.ts";
import { csrfToken, isCsrfToken, isFromOurPage } from "./csrf.ts";
import { invalid } from "./fields.ts";
import { createLockout } from "./lockout.ts";
import { strangerOf } from "./networks.ts";
import { createSessions } from "./sessions.ts";
import { settingStatement } from "./settings.ts";
import { audit, createQueue, theEnvironment, type Who } from "./statements.ts";

/** The one who owns this zgate: one password, and the sessions that it opened. */
export interface Admin {
  /**
   * The value for the session cookie. Throws `forbidden` for a wrong password, `too_many_requests` after several, from
   * one address or in all.
   */
  signIn(password: string, who: Who): Promise<string>;
  /** The id of the open session that a request shows; null for everybody else. From memory. */
  session(headers: Headers): string | null;
  /** The token that a page of this session sends along with every change. */
  csrf(sessionId: string): string;
  /** Throws `forbidden` unless a change comes from a page of ours, with its session's token. */
  requireOwnPage(headers: Headers, sessionId: string, token: string): void;
  signOut(sessionId: string, who: Who): Promise<void>;
  signOutEverywhere(who: Who): Promise<void>;
  /** Sets a password, or makes one, and ends all sessions. Answers with the one it made. */
  resetPassword(password: string | null, who: Who): Promise<string | null>;
  /** Brings the password to what `ADMIN_PASSWORD` says. To be called once, at the start. */
  settle(configured: string | null): Promise<{ lines: Text[]; made: string | null }>;
  /** To be called every minute and before the writer closes. */
  saveSessions(): Promise<void>;
}

interface Parts {
  writer: Writer;
  clock: Clock;
  /** `Subkeys.sessions`. */
  subkey: Uint8Array;
  settings: ReadonlyMap<string, unknown>;
  sessions: readonly SessionRow[];
  /** What a first start left for the owner; gone once he has signed in. */
  firstRun: OwnFile;
}

export function createAdmin({ writer, clock, subkey, settings, sessions: rows, firstRun }: Parts): Admin {
  const sessions = createSessions({ writer, clock, subkey, rows });
  const byAddress = createLockout({ free: 5, longestMs: 15 * 60_000 });
  // Short, since it locks the owner out as well; long enough that a crowd of addresses gains nothing.
  const inAll = createLockout({ free: 50, longestMs: 5_000 });
  // One hash at a time: a flood of sign-ins must not take every core and 19 MB for each.
  const serially = createQueue();
  let hash = text(settings.get(hashName));
  let environmentHash = text(settings.get(environmentName));
  let isHandedOver = false;
  // Who has signed in from here before is not kept waiting by guessers elsewhere.
  const acquainted = new Set(rows.map((row) => strangerOf(row.address)));

  function waitMs(stranger: string): number {
    const now = clock.now();
    return Math.max(byAddress.waitMs(stranger, now), acquainted.has(stranger) ? 0 : inAll.waitMs("", now));
  }

  async function change(made: string, who: Who, also: Statement[] = []): Promise<void> {
    const now = clock.now();
    await sessions.endAll([
      settingStatement(hashName, made, now),
      ...also,
      audit(who, now, { action: "admin.password", subject: "admin" }),
    ]);
    hash = made;
  }

  return {
    async signIn(password, who) {
      const stranger = strangerOf(who.address);
      refuseGuesser(waitMs(stranger));
      return serially(async () => {
        // Those that waited behind a wrong one are told to wait as well.
        refuseGuesser(waitMs(stranger));
        const isRight =
          hash !== null && password.length <= longestPassword && (await Bun.password.verify(password, hash));
        const now = clock.now();
        if (!isRight) {
          byAddress.fail(stranger, now);
          inAll.fail("", now);
          // The lock-outs bound how many of these a guesser can cause. Where the disk fails, he is refused all the same.
          const refused = audit({ ...who, actor: "stranger" }, now, { action: "session.refuse", subject: "admin" });
          await writer.write([refused]).catch(() => {});
          throw new GatewayError("forbidden", "The password is wrong.", { zh: "密码错误。", param: "password" });
        }
        byAddress.forgive(stranger);
        acquainted.add(stranger);
        const id = await sessions.start(who, [audit(who, now, { action: "session.start", subject: "admin" })]);
        if (!isHandedOver) await firstRun.remove();
        isHandedOver = true;
        return id;
      });
    },

    session(headers) {
      const id = shownSession(headers);
      return id !== null && sessions.isOpen(id) ? id : null;
    },

    csrf: (sessionId) => csrfToken(subkey, sessionId),

    requireOwnPage(headers, sessionId, token) {
      if (isFromOurPage(headers) && isCsrfToken(subkey, sessionId, token)) return;
      throw new GatewayError(
        "forbidden",
        "This change did not come from a page of this dashboard. Reload the page and try again.",
        { zh: "此变更不是从本面板的页面发出的。请刷新页面后重试。" },
      );
    },

    signOut: (sessionId, who) =>
      sessions.end(sessionId, [audit(who, clock.now(), { action: "session.end", subject: "admin" })]),

    signOutEverywhere: (who) =>
      sessions.endAll([audit(who, clock.now(), { action: "session.end_all", subject: "admin" })]),

    resetPassword: (password, who) =>
      serially(async () => {
        const made = password === null ? makePassword() : null;
        await change(await hashOf(checked(made ?? password ?? "")), who);
        return made;
      }),

    settle: (configured) =>
      serially(async () => {
        if (configured === null) {
          if (hash !== null) return { lines: [], made: null };
          const made = makePassword();
          await change(await hashOf(made), theEnvironment);
          return { lines: [texts.made], made };
        }
        // What was set by hand since then stands until the environment says something new.
        if (hash !== null && environmentHash !== null && (await Bun.password.verify(configured, environmentHash))) {
          return { lines: [], made: null };
        }
        const isFirst = hash === null;
        const seen = await hashOf(configured);
        await change(seen, theEnvironment, [settingStatement(environmentName, seen, clock.now())]);
        environmentHash = seen;
        return {
          lines: isFirst ? [] : [texts.changed],
          made: null,
        };
      }),

    saveSessions: () => sessions.save(),
  };
}

const texts = {
  made: { en: "ADMIN_PASSWORD is not set: a password was made.", zh: "未设置 ADMIN_PASSWORD：已生成面板密码。" },
  changed: {
    en: "ADMIN_PASSWORD has changed: it holds from now on, and everybody is signed out.",
    zh: "ADMIN_PASSWORD 已更改：新密码即刻生效，所有登录均已退出。",
  },
};

const hashName = "admin_password";
/** What `ADMIN_PASSWORD` was when it last took effect. */
const environmentName = "admin_password_from_environment";
const longestPassword = 1024;

function refuseGuesser(waitMs: number): void {
  if (waitMs === 0) return;
  const seconds = Math.ceil(waitMs / 1000);
  throw new GatewayError("too_many_requests", `Too many wrong passwords. Wait ${seconds} s.`, {
    zh: `错误次数过多，请等待 ${seconds} 秒。`,
    retryAfterMs: waitMs,
  });
}

function checked(password: string): string {
  if (password.length >= 8 && password.length <= longestPassword) return password;
  throw invalid(
    "password",
    `A password has 8 to ${longestPassword} characters.`,
    `密码长度为 8 到 ${longestPassword} 个字符。`,
  );
}

/** 120 bits, without letters that look alike. */
function makePassword(): string {
  const letters = "23456789abcdefghjkmnpqrstuvwxyzA";
  return [...crypto.getRandomValues(new Uint8Array(24))].map((byte) => letters[byte % 32]).join("");
}

/** OWASP's parameters for argon2id: 19 MiB, two passes. Runs off this thread. */
function hashOf(password: string): Promise<string> {
  return Bun.password.hash(password, { algorithm: "argon2id", memoryCost: 19_456, timeCost: 2 });
}

function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
