import { Database } from "bun:sqlite";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "~/config/load.ts";
import { type ErrorKind, errorKinds } from "~/errors.ts";
import { createLog } from "~/log.ts";
import { outcomes } from "~/record/record.ts";
import { type Simulator, type SimulatorOptions, startSimulator } from "~/simulator/simulator.ts";
import { startZgate, type Zgate } from "~/zgate.ts";
import { fakeKey, world } from "./world.ts";

export interface AppOptions {
  /** Which face of the simulated upstream it talks to. */
  face?: "zai" | "web" | "openai";
  /** Settings by their names, over those that every test has. */
  env?: Record<string, string>;
  simulator?: SimulatorOptions;
}

/** A whole zgate on a free port with a data folder of its own, and the simulated upstream behind it. */
export interface App {
  /** `http://127.0.0.1:PORT` */
  url: string;
  /** What clients call their base: `…/v1`. */
  base: string;
  key: string;
  password: string;
  dataDir: string;
  simulator: Simulator;
  zgate: Zgate;
  /** Every line of the log so far. */
  log: string[];
  /** A request as a client with the right key sends it; `headers` go over the usual ones, an empty one takes it out. */
  send(path: string, body: unknown, init?: RequestInit): Promise<Response>;
  /** A chat completion whose last message is the question. */
  ask(question: string, more?: object, init?: RequestInit): Promise<Response>;
  /** The rows on record, oldest first, with names in place of ids. */
  rows(): Row[];
  /** Waits until there are so many rows and none is running. */
  settled(count: number): Promise<Row[]>;
  /** Closes zgate and starts it again on the same data, with other settings where given. */
  restart(env?: Record<string, string>): Promise<void>;
  stop(): Promise<void>;
}

export interface Row {
  [column: string]: unknown;
  id: number;
  outcome: keyof typeof outcomes;
  status: number;
  requests: number;
  stream: number;
  error_kind: ErrorKind | null;
  model_asked: string | null;
  model_served: string | null;
  tokens_in: number | null;
  tokens_out: number | null;
}

export async function startApp({ face = "zai", env = {}, simulator: how }: AppOptions = {}): Promise<App> {
  const dataDir = mkdtempSync(join(tmpdir(), "zgate-test-"));
  const simulator = await startSimulator(how);
  const upstreams = { zai: simulator.zaiUrl, web: simulator.webUrl, openai: simulator.openaiUrl };
  const key = fakeKey("client");
  const password = fakeKey("password");
  const usual = {
    PORT: "0",
    DATA_DIR: dataDir,
    DEFAULT_KEY: key,
    ADMIN_PASSWORD: password,
    UPSTREAM_URL: upstreams[face],
    // A failure shows at once, and does not rub off on the next test; those about trying again say otherwise.
    RETRY_BUDGET: "0",
    BREAKER_FAILURES: "0",
    // The web face's guests need no token, and a given one would come before them.
    ...(face !== "web" && { ZAI_TOKEN: `test.${crypto.randomUUID()}` }),
  };
  const log: string[] = [];
  const start = (more: Record<string, string>) => {
    const { settings } = loadConfig({ ...usual, ...env, ...more }, null);
    return startZgate(
      settings,
      createLog("info", "json", (line) => log.push(line), Date.now),
      false,
    );
  };
  const first = await start({});

  const app: App = {
    ...addresses(first),
    zgate: first,
    key: env.DEFAULT_KEY ?? key,
    password: env.ADMIN_PASSWORD ?? password,
    dataDir,
    simulator,
    log,
    send(path, body, init = {}) {
      const headers = new Headers({ "Content-Type": "application/json", Authorization: `Bearer ${app.key}` });
      for (const [name, value] of new Headers(init.headers)) {
        if (value === "") headers.delete(name);
        else headers.set(name, value);
      }
      const text = typeof body === "string" ? body : JSON.stringify(body);
      return fetch(`${app.url}${path}`, { method: "POST", body: text, ...init, headers });
    },
    ask(question, more = {}, init = {}) {
      const body = { model: world.models.usual, messages: [{ role: "user", content: question }], ...more };
      return app.send("/v1/chat/completions", body, init);
    },
    rows: () => readRows(dataDir),
    async settled(count) {
      for (;;) {
        const rows = app.rows();
        if (rows.length >= count && rows.every((row) => row.outcome !== "running")) return rows;
        await Bun.sleep(5);
      }
    },
    async restart(more = {}) {
      await app.zgate.close(0);
      app.zgate = await start(more).catch(async (error: Error) => {
        // The port may have been lent to a connection of somebody else's in between.
        if (!error.message.includes("is in use")) throw error;
        await Bun.sleep(500);
        return start(more);
      });
      Object.assign(app, addresses(app.zgate));
    },
    async stop() {
      await app.zgate.close(0);
      simulator.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
  return app;
}

function addresses({ url }: Zgate): { url: string; base: string } {
  return { url, base: `${url}/v1` };
}

const kindNames = new Map(Object.entries(errorKinds).map(([kind, { code }]) => [code as number, kind]));
const outcomeNames = Object.fromEntries(Object.entries(outcomes).map(([name, number]) => [number, name]));

function readRows(dataDir: string): Row[] {
  const database = new Database(join(dataDir, "zgate.db"), { readonly: true });
  try {
    const rows = database.query("SELECT * FROM requests ORDER BY id").all() as Record<string, unknown>[];
    const names = new Map(database.query("SELECT id, value FROM names").values() as [number, string][]);
    return rows.map((row) => {
      const error_kind = kindNames.get(row.error_kind as number) ?? null;
      return { ...named(row, names), error_kind, outcome: outcomeNames[row.outcome as number] } as Row;
    });
  } finally {
    database.close();
  }
}

/** `model_asked_id: 6` becomes `model_asked: "glm-4.7"`. */
function named(row: Record<string, unknown>, names: Map<number, string>): Record<string, unknown> {
  const told = Object.entries(row).flatMap(([column, value]) =>
    /_id$/.test(column) && !/^(key|secret|user_agent|client_request)_id$/.test(column)
      ? [[column.replace(/_id$/, ""), value === null ? null : (names.get(value as number) ?? null)]]
      : [],
  );
  return { ...row, ...Object.fromEntries(told) };
}
