import { type NameKind, nameKinds, otherId } from "../../drizzle/names.ts";
import { readUserAgent } from "./user-agent.ts";

/**
 * The small tables in memory: strings that repeat ⇄ their ids. New ids are given here, and their rows travel with the
 * batch that first uses them. Past a cap everything new is "other": strangers get only the first half of each table, so
 * that they cannot take it from those who have a key.
 */
export interface Names {
  /** The string's id, a new one where there is room. */
  idOf(kind: NameKind, value: string, whose: Whose): number;
  userAgentId(raw: string, whose: Whose): number;
  /** The rows that no batch has carried yet; the caller carries them now. */
  takeNew(): NewNames | null;
  /** A batch failed: its rows wait again. */
  putBack(taken: NewNames): void;
}

/** Whose words they are: of somebody who showed a key, of a stranger who was answered, or of one who was refused. */
export type Whose = "known" | "stranger" | "refused";

export interface NewNames {
  names: NameRow[];
  userAgents: UserAgentRow[];
}
export type NameRow = { id: number; kind: NameKind; value: string };
export type UserAgentRow = { id: number; raw: string; family: string; version: string };

/** Rows of each kind, and user agents, that are kept apart. */
const defaultCap = 10_000;
const longestBytes = 256;

export function createNames(rows: { names: NameRow[]; userAgents: { id: number; raw: string }[] }, cap = defaultCap) {
  const byKind = new Map(
    (Object.keys(nameKinds) as NameKind[]).map((kind) => [kind, new Map<string, number>()] as const),
  );
  const agents = new Map<string, number>();
  let lastName = otherId;
  let lastAgent = otherId;
  for (const { id, kind, value } of rows.names) {
    byKind.get(kind)?.set(value, id);
    lastName = Math.max(lastName, id);
  }
  for (const { id, raw } of rows.userAgents) {
    agents.set(raw, id);
    lastAgent = Math.max(lastAgent, id);
  }
  let fresh: NewNames = { names: [], userAgents: [] };

  const names: Names = {
    idOf(kind, value, whose) {
      const known = byKind.get(kind);
      const short = known?.get(value) ?? known?.get(capped(value));
      if (short !== undefined) return short;
      if (known === undefined || !hasRoom(known, whose, cap)) return otherId;
      const id = ++lastName;
      const row = { id, kind, value: capped(value) };
      known.set(row.value, id);
      fresh.names.push(row);
      return id;
    },
    userAgentId(raw, whose) {
      const short = agents.get(raw) ?? agents.get(capped(raw));
      if (short !== undefined) return short;
      if (!hasRoom(agents, whose, cap)) return otherId;
      const id = ++lastAgent;
      const row = { id, raw: capped(raw), ...readUserAgent(raw) };
      agents.set(row.raw, id);
      fresh.userAgents.push(row);
      return id;
    },
    takeNew() {
      if (fresh.names.length === 0 && fresh.userAgents.length === 0) return null;
      const taken = fresh;
      fresh = { names: [], userAgents: [] };
      return taken;
    },
    putBack(taken) {
      fresh = {
        names: [...taken.names, ...fresh.names],
        userAgents: [...taken.userAgents, ...fresh.userAgents],
      };
    },
  };
  return names;
}

/** At most so many bytes of UTF-8, whole characters, nothing that a terminal or a page would obey. */
export function capped(text: string, bytes = longestBytes): string {
  const clean = text.replace(controls, " ").toWellFormed();
  if (clean.length * 3 <= bytes) return clean;
  const encoded = Buffer.from(clean);
  if (encoded.length <= bytes) return clean;
  let end = bytes;
  // The bytes 10xxxxxx go on with a character that began before.
  while (end > 0 && (encoded[end]! & 0xc0) === 0x80) end--;
  return encoded.toString("utf8", 0, end);
}

const controls = /[\p{Cc}\p{Cf}]/gu;

function hasRoom(table: Map<string, number>, whose: Whose, cap: number): boolean {
  if (whose === "refused") return false;
  return table.size < (whose === "known" ? cap : cap / 2);
}
