import { drizzle } from "drizzle-orm/bun-sqlite";
import type { Statement, Writer } from "~/db/writer.ts";
import { type AuditRow, auditLog } from "../../drizzle/audit-log.ts";

/** Drizzle without a connection: it builds statements, which the writer runs. */
export const build = drizzle.mock();

/** Who changes something, and from where: the audit log's first question. */
export interface Who {
  /** `admin`, `key ops`, `command line`, `environment`. */
  actor: string;
  address: string;
  userAgent: string;
}

export const theEnvironment: Who = { actor: "environment", address: "", userAgent: "" };

/** Whoever sits at the machine itself. */
export const theCommandLine: Who = { actor: "command line", address: "", userAgent: "" };

/** Puts a deed at the command line on the audit log that is no change of a key: rows that went, a copy that was made. */
export function noteDeed(
  writer: Writer,
  at: number,
  deed: Pick<AuditRow, "action" | "subject" | "after">,
): Promise<unknown> {
  return writer.write([audit(theCommandLine, at, deed)]);
}

/** The row that stands beside every change, in the same transaction. `before` and `after` hold no secret. */
export function audit(
  who: Who,
  at: number,
  row: Pick<AuditRow, "action" | "subject"> & Partial<Pick<AuditRow, "before" | "after">>,
): Statement {
  return build
    .insert(auditLog)
    .values({ ...row, at, actor: who.actor, address: who.address, userAgent: who.userAgent.slice(0, 256) })
    .toSQL();
}

/** Runs changes one after the other: each reads what the one before it left, so two can never both win. */
export function createQueue(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  };
}
