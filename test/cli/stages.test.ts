import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { errorKinds } from "~/errors.ts";
import { outcomes } from "~/record/record.ts";
import { type Simulator, startSimulator } from "~/simulator/simulator.ts";
import { until } from "../helpers/upstreams.ts";
import { type Served, scratch, serve } from "./process.ts";

// Processes start here, on a machine that may be busy.
setDefaultTimeout(60_000);

/** A request at each stage of its way, at the same time. */
const stages = {
  "in mid-stream, in the place that another waits for": { model: "glm-4.6", scenario: "stall:3", stream: true },
  "in line for a place": { model: "glm-4.6", scenario: "text", stream: false },
  "before the upstream's head": { model: "glm-4.7", scenario: "silence", stream: true },
  "between two tries": { model: "glm-4.7", scenario: "http429_retry_after:20", stream: false },
  "in the middle of a whole answer": { model: "glm-4.7", scenario: "stall:0", stream: false },
};

test("SIGTERM at every stage: each client hears of it, each row says so, and nothing is left at the upstream", async () => {
  using folder = scratch();
  const simulator = await startSimulator();
  using served = await serve(folder.path, simulator.zaiUrl, { ...settings, SHUTDOWN_TIMEOUT: "0.2" });
  const answers = await reachEveryStage(served, simulator);
  served.child.kill("SIGTERM");
  for (const answer of await Promise.all(answers)) {
    expect(answer?.text).toContain('"code":"shutting_down"');
    expect(answer?.text).not.toContain("[DONE]");
  }
  expect(await served.child.exited).toBe(0);
  const rows = rowsIn(folder.path);
  expect(rows.map(({ outcome }) => outcome)).toEqual(rows.map(() => outcomes.failed));
  expect(rows.map(({ error_kind }) => error_kind)).toEqual(rows.map(() => errorKinds.shutting_down.code));
  expect(rows.length).toBe(answers.length);
  await until(() => simulator.open() === 0);
  simulator.stop();
});

test("SIGKILL at every stage: each row is there at the next start and says lost, and nothing is counted twice", async () => {
  using folder = scratch();
  const simulator = await startSimulator();
  const killed = await serve(folder.path, simulator.zaiUrl, settings);
  const answers = await reachEveryStage(killed, simulator);
  killed.child.kill("SIGKILL");
  for (const answer of await Promise.all(answers)) expect(answer?.text ?? "").not.toContain("[DONE]");
  await until(() => simulator.open() === 0);

  using served = await serve(folder.path, simulator.zaiUrl, { ...settings, DEFAULT_KEY: killed.key });
  const rows = rowsIn(folder.path);
  expect(rows.map(({ outcome, requests }) => [outcome, requests])).toEqual(answers.map(() => [outcomes.lost, 1]));
  const after = await ask(served, { model: "glm-4.7", scenario: "text", stream: false });
  expect(after?.status).toBe(200);
  expect(rowsIn(folder.path).length).toBe(answers.length + 1);
  simulator.stop();
});

const settings = {
  UPSTREAM_IN_FLIGHT: "glm-4.6=1,*=50",
  RETRY_BUDGET: "60",
  FIRST_FRAME_HOLD: "30",
  BREAKER_FAILURES: "0",
};

type Answer = { status: number; text: string } | null;

async function reachEveryStage(served: Served, simulator: Simulator): Promise<Promise<Answer>[]> {
  const answers: Promise<Answer>[] = [];
  for (const stage of Object.values(stages)) {
    const isInLine = stage.scenario === "text";
    const before = simulator.requests().length;
    answers.push(ask(served, stage));
    if (isInLine) await Bun.sleep(200);
    else await until(() => simulator.requests().length > before);
  }
  // The one that was refused waits by now, and what each has heard so far is on its way.
  await Bun.sleep(200);
  expect(simulator.requests().length).toBe(answers.length - 1);
  return answers;
}

/** Null where the connection was gone before an answer began. */
async function ask(
  { url, key }: Served,
  { model, scenario, stream }: { model: string; scenario: string; stream: boolean },
): Promise<Answer> {
  try {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
      body: JSON.stringify({ model, stream, messages: [{ role: "user", content: `[[scenario:${scenario}]]` }] }),
    });
    return { status: response.status, text: await response.text().catch(() => "") };
  } catch {
    return null;
  }
}

function rowsIn(dataDir: string): { outcome: number; requests: number; error_kind: number | null }[] {
  const database = new Database(join(dataDir, "zgate.db"), { readonly: true });
  try {
    return database.query("SELECT outcome, requests, error_kind FROM requests ORDER BY id").all() as ReturnType<
      typeof rowsIn
    >;
  } finally {
    database.close();
  }
}
