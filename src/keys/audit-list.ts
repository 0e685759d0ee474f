import { desc, lt } from "drizzle-orm";
import type { Statement } from "~/db/writer.ts";
import { auditLog } from "../../drizzle/audit-log.ts";
import { readBody, readWhole } from "./fields.ts";
import { build } from "./statements.ts";
import { moment } from "./view.ts";

/** Runs a question off the traffic thread, and answers with rows of column values. */
export type AskRows = (question: Statement) => Promise<unknown[][]>;

export interface AuditView {
  id: number;
  at: string;
  actor: string;
  action: string;
  subject: string;
  before: unknown;
  after: unknown;
  address: string;
  user_agent: string;
}

/** The audit log, newest first. `args.limit` rows (100 unless said) older than the row `args.before`. */
export async function listAudit(
  ask: AskRows,
  args: unknown,
): Promise<{ data: AuditView[]; next_before: number | null }> {
  const fields = readBody(args, ["limit", "before"]);
  const limit = fields.limit === undefined ? 100 : (readWhole(1, 1000)(fields.limit, "limit") ?? 100);
  const before = fields.before === undefined ? null : readWhole(1, Number.MAX_SAFE_INTEGER)(fields.before, "before");
  const rows = await ask(
    build
      .select(columns)
      .from(auditLog)
      .where(before === null ? undefined : lt(auditLog.id, before))
      .orderBy(desc(auditLog.id))
      .limit(limit)
      .toSQL(),
  );
  const data = rows.map(view);
  return { data, next_before: data.length === limit ? data.at(-1)!.id : null };
}

const columns = {
  id: auditLog.id,
  at: auditLog.at,
  actor: auditLog.actor,
  action: auditLog.action,
  subject: auditLog.subject,
  before: auditLog.before,
  after: auditLog.after,
  address: auditLog.address,
  userAgent: auditLog.userAgent,
};

function view([id, at, actor, action, subject, before, after, address, userAgent]: unknown[]): AuditView {
  return {
    id: Number(id),
    at: moment(Number(at)),
    actor: String(actor),
    action: String(action),
    subject: String(subject),
    before: json(before),
    after: json(after),
    address: String(address),
    user_agent: String(userAgent),
  };
}

function json(text: unknown): unknown {
  return typeof text === "string" ? JSON.parse(text) : null;
}
