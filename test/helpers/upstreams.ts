import { Database } from "bun:sqlite";
import { join } from "node:path";
import { ask } from "~/db/socket.ts";
import type { App } from "./app.ts";

/** Runs an owner's command over the socket in the data folder, as `zgate upstreams …` does. */
export function command<T = Record<string, unknown>>(app: App, name: string, args: object = {}): Promise<T> {
  return ask(join(app.dataDir, "zgate.sock"), name, { ...args }) as Promise<T>;
}

/** Adds an upstream that speaks to the simulated official API. */
export function addUpstream(app: App, body: Record<string, unknown>): Promise<unknown> {
  return command(app, "upstreams.add", { body: { url: app.simulator.zaiUrl, probe: false, ...body } });
}

/** A token of the official form, made for this run. */
export const officialToken = (): string => `test${crypto.randomUUID().slice(0, 8)}.${crypto.randomUUID()}`;

/** All rows of a table, as the database has them. */
export function tableOf(
  app: App,
  table: "attempts" | "breakers" | "upstreams" | "credentials",
): Record<string, unknown>[] {
  const database = new Database(join(app.dataDir, "zgate.db"), { readonly: true });
  try {
    return database.query(`SELECT * FROM ${table}`).all() as Record<string, unknown>[];
  } finally {
    database.close();
  }
}

/** Waits until something is so. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await Bun.sleep(5);
}
