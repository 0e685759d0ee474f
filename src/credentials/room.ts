import { eq } from "drizzle-orm";
import type { Clock } from "~/clock.ts";
import type { Statement, Writer } from "~/db/writer.ts";
import { GatewayError } from "~/errors.ts";
import { audit, build, type Who } from "~/keys/statements.ts";
import { type CredentialRow, credentials } from "../../drizzle/credentials.ts";
import { type UpstreamRow, upstreams } from "../../drizzle/upstreams.ts";
import type { Resolve } from "./address.ts";

/** What every change of an upstream or a credential needs, and what is known of them in memory. */
export interface Room {
  writer: Writer;
  clock: Clock;
  subkey: Uint8Array;
  upstreams: Map<number, UpstreamRow>;
  credentials: Map<number, CredentialRow>;
  /** Whether a page or the API may name an address in a private network. */
  mayBePrivate: boolean;
  resolve: Resolve | null;
  serially<T>(change: () => Promise<T>): Promise<T>;
  /** Called when a change is in force in memory. */
  changed(): void;
}

export interface Change {
  upstream?: UpstreamRow;
  credential?: CredentialRow;
  /** Rows that go. */
  without?: { upstream?: UpstreamRow; credential?: CredentialRow };
  action: string;
  subject: string;
  before?: Record<string, unknown>;
  after?: Record<string, unknown>;
}

/** One transaction with its audit row; memory follows when the commit is acknowledged. */
export async function commit(room: Room, who: Who, change: Change): Promise<void> {
  const { upstream, credential, without = {}, action, subject, before, after } = change;
  const statements: Statement[] = [];
  if (upstream) statements.push(putUpstream(upstream));
  if (credential) statements.push(putCredential(credential));
  const gone = [...room.credentials.values()].filter((row) => row.upstreamId === without.upstream?.id);
  if (without.credential) gone.push(without.credential);
  for (const { id } of gone) statements.push(build.delete(credentials).where(eq(credentials.id, id)).toSQL());
  if (without.upstream) {
    statements.push(build.delete(upstreams).where(eq(upstreams.id, without.upstream.id)).toSQL());
  }
  await room.writer.write([...statements, audit(who, room.clock.now(), { action, subject, before, after })]);

  if (upstream) room.upstreams.set(upstream.id, upstream);
  if (credential) room.credentials.set(credential.id, credential);
  for (const { id } of gone) room.credentials.delete(id);
  if (without.upstream) room.upstreams.delete(without.upstream.id);
  room.changed();
}

/** An upstream by its id or its name. */
export function findUpstream(room: Room, idOrName: number | string): UpstreamRow {
  if (typeof idOrName === "string" && idOrName.toLowerCase() === builtInName) {
    throw new GatewayError(
      "conflict",
      `The upstream '${builtInName}' is what UPSTREAM_URL and ZAI_TOKEN say; change them there and start again.`,
      { zh: `上游“${builtInName}”由 UPSTREAM_URL 和 ZAI_TOKEN 决定；请修改后重启。`, param: "upstream" },
    );
  }
  const found =
    typeof idOrName === "number" ? room.upstreams.get(idOrName) : named([...room.upstreams.values()], idOrName);
  return found ?? notThere("upstream", idOrName);
}

/** A credential by its id, or by its name if only one upstream has one of that name. */
export function findCredential(room: Room, idOrName: number | string): CredentialRow {
  if (typeof idOrName === "number") return room.credentials.get(idOrName) ?? notThere("credential", idOrName);
  const [upstreamName, name] = idOrName.includes("/") ? idOrName.split(/\/(.*)/s) : [null, idOrName];
  const upstream = upstreamName === null ? null : findUpstream(room, upstreamName!);
  const all = [...room.credentials.values()].filter((row) => upstream === null || row.upstreamId === upstream.id);
  const found = all.filter((row) => isSameName(row.name, name!));
  if (found.length > 1) {
    throw new GatewayError(
      "conflict",
      `${found.length} upstreams have a credential '${idOrName}'; say UPSTREAM/${idOrName}, or its id.`,
      { zh: `有 ${found.length} 个上游含凭据“${idOrName}”；请写 上游/${idOrName} 或其编号。`, param: "credential" },
    );
  }
  return found[0] ?? notThere("credential", idOrName);
}

/** What the upstream of the environment is called in every list. */
export const builtInName = "environment";

export function named<Row extends { name: string }>(rows: readonly Row[], name: string): Row | undefined {
  return rows.find((row) => isSameName(row.name, name));
}

export function isSameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

export function nextId(ids: Iterable<number>): number {
  let last = 0;
  for (const id of ids) last = Math.max(last, id);
  return last + 1;
}

function notThere(what: "upstream" | "credential", idOrName: number | string): never {
  const which = typeof idOrName === "number" ? `id ${idOrName}` : `the name '${idOrName.slice(0, 100)}'`;
  const kind = what === "upstream" ? "上游" : "凭据";
  const zh = typeof idOrName === "number" ? `编号为 ${idOrName}` : `名为“${idOrName.slice(0, 100)}”`;
  throw new GatewayError("not_found", `There is no ${what} with ${which}.`, {
    zh: `没有${zh}的${kind}。`,
    param: what,
  });
}

function putUpstream(row: UpstreamRow): Statement {
  return build.insert(upstreams).values(row).onConflictDoUpdate({ target: upstreams.id, set: row }).toSQL();
}

function putCredential(row: CredentialRow): Statement {
  return build.insert(credentials).values(row).onConflictDoUpdate({ target: credentials.id, set: row }).toSQL();
}
