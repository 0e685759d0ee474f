import { Database } from "bun:sqlite";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { unpack } from "~/capture/pack.ts";
import { requestIdOf } from "~/record/request-id.ts";
import type { App } from "../helpers/app.ts";

/** What the database holds of a request's bodies. */
export interface Kept {
  requestId: string;
  request: string | null;
  answer: string | null;
  requestBytes: number;
  answerBytes: number;
  requestIsCut: boolean;
  answerIsCut: boolean;
}

/** Waits until so many requests have their bodies kept; oldest first. */
export async function kept(app: App, count: number): Promise<Kept[]> {
  for (;;) {
    const found = readKept(app);
    if (found.length >= count) return found;
    await Bun.sleep(5);
  }
}

export function readKept({ dataDir }: Pick<App, "dataDir">): Kept[] {
  const database = new Database(join(dataDir, "zgate.db"), { readonly: true });
  try {
    const rows = database.query("SELECT * FROM captures ORDER BY request_id").all() as Record<string, unknown>[];
    return rows.map((row) => ({
      requestId: requestIdOf(Number(row.request_id)),
      request: row.request === null ? null : unpack(row.request as Uint8Array),
      answer: row.answer === null ? null : unpack(row.answer as Uint8Array),
      requestBytes: Number(row.request_bytes),
      answerBytes: Number(row.answer_bytes),
      requestIsCut: row.request_is_cut === 1,
      answerIsCut: row.answer_is_cut === 1,
    }));
  } finally {
    database.close();
  }
}

/** The files of the database, byte by byte. */
export function fileText({ dataDir }: Pick<App, "dataDir">): string {
  return ["zgate.db", "zgate.db-wal"]
    .map((name) => join(dataDir, name))
    .map((path) => (existsSync(path) ? readFileSync(path).toString("latin1") : ""))
    .join("");
}

/** Switches the usual key to being captured, as a page of the owner's does. */
export async function switchOn(owner: { post(path: string, fields: Record<string, string>): Promise<Response> }) {
  const response = await owner.post("/dashboard/keys/1/edit", {
    name: "default",
    rights: "inference",
    capture: "true",
  });
  if (response.status !== 303) throw new Error(`the form was refused: ${await response.text()}`);
}
