/**
 * `bun run smoke`: the compiled binary, alone in an empty folder, does its main job against the simulated Z.ai.
 * The last line counts.
 */
import { Database } from "bun:sqlite";
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSimulator } from "../src/simulator/simulator.ts";

const folder = mkdtempSync(join(tmpdir(), "zgate-smoke-"));
const binary = join(folder, "zgate");
copyFileSync("dist/zgate", binary);

const simulator = await startSimulator();
const key = `smoke-${crypto.randomUUID()}`;
const port = freePort();
const home = `http://127.0.0.1:${port}`;
const count = { passed: 0, failed: 0 };
let zgate = start(["serve"]);

await step("boots in an empty folder", () => until(async () => (await fetch(`${home}/health`)).ok));
await step("streams an answer", async () => {
  const said = (await ask({ stream: true })).trimEnd().split("\n\n");
  expect(said.pop() === "data: [DONE]", "no [DONE]");
  const words = said.map((event) => JSON.parse(event.slice("data: ".length)).choices[0]?.delta.content ?? "");
  expect(words.join("") === "7 + 5 = 12.", words.join("|"));
});
await step("gives a whole answer", async () => {
  const said = JSON.parse(await ask({ stream: false }));
  expect(said.choices[0].message.content === "7 + 5 = 12.", JSON.stringify(said));
});
await step("refuses a stranger", async () => {
  const response = await fetch(`${home}/v1/chat/completions`, { method: "POST", body: "{}" });
  expect(response.status === 401, `${response.status}`);
});
await step("shows its home page", async () => {
  const response = await fetch(`${home}/`);
  expect(response.ok && (await response.text()).includes("<html"), `${response.status}`);
});
await step("serves its style from inside the binary", async () => {
  const page = await (await fetch(`${home}/dashboard`)).text();
  const href = /<link[^>]+href="([^"]+\.css[^"]*)"/.exec(page)?.[1];
  expect(href !== undefined && (await fetch(new URL(href, home))).ok, page.slice(0, 500));
});
await step("asks nothing of the upstream that the real one would refuse", () => {
  expect(simulator.violations().length === 0, simulator.violations().join("; "));
});
let restoredKey = "";
await step("makes a key, backs up while it runs, and restores into a new folder", async () => {
  restoredKey = JSON.parse(await command(["keys", "create", "traveller", "--json"])).token;
  await command(["backup", "--to", "copy.db", "--with-secret"]);
  await command(["restore", "copy.db", "--to", "moved"]);
  const [moved, own] = [rowsIn("moved"), rowsIn("data")];
  expect(own.length === 3 && Bun.deepEquals(moved, own), `${moved.length} of ${own.length} rows`);
});
await step("lets a stream end that is open when it is told to end, and exits 0", async () => {
  const question = [{ role: "user", content: "[[scenario:long:400]]" }];
  const response = await post({ stream: true, messages: question });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let said = (await reader.read()).value ?? "";
  zgate.kill("SIGTERM");
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) said += piece.value;
  expect(said.endsWith("data: [DONE]\n\n"), said.slice(-300));
  const code = await zgate.exited;
  expect(code === 0, `exit ${code}`);
});
await step("has every request on record", () => {
  const requests = rowsIn("data").reduce((sum, row) => sum + Number(row.requests), 0);
  expect(requests === 4, `${requests}`);
});
await step("serves the restored folder, with the same keys", async () => {
  zgate = start(["serve"], { DATA_DIR: "moved" });
  await until(async () => (await fetch(`${home}/ready`)).ok);
  const response = await post({ stream: false }, restoredKey);
  expect(response.ok, `${response.status}`);
  zgate.kill("SIGTERM");
  expect((await zgate.exited) === 0, `exit ${zgate.exitCode}`);
});
await step("says what is wrong with a setting, and exits 1", async () => {
  const child = start(["serve"], { PORT: "many" });
  expect((await child.exited) === 1, `exit ${child.exitCode}`);
});
await step("demonstrates itself, with a curl line that streams when pasted", async () => {
  const child = start(["demo"], { PORT: `${freePort()}` }, "pipe");
  const told = await readUntil(child.stdout, "Ctrl+C");
  const line = /^curl [\s\S]+?^ {2}-d .*$/m.exec(told)?.[0];
  expect(line !== undefined, told);
  const curl = Bun.spawnSync(["sh", "-c", line ?? ""], { stdin: "ignore" });
  expect(curl.stdout.toString().trimEnd().endsWith("data: [DONE]"), curl.stderr.toString());
  child.kill("SIGTERM");
  expect((await child.exited) === 0, `exit ${child.exitCode}`);
});

zgate.kill("SIGKILL");
simulator.stop();
rmSync(folder, { recursive: true, force: true });
console.log(`${count.passed} passed, ${count.failed} failed`);
process.exit(count.failed === 0 ? 0 : 1);

async function step(name: string, act: () => unknown): Promise<void> {
  try {
    await act();
    count.passed += 1;
    console.log(`ok    ${name}`);
  } catch (thrown) {
    count.failed += 1;
    console.log(`FAIL  ${name}: ${thrown instanceof Error ? thrown.message : thrown}`);
  }
}

function expect(isSo: boolean, otherwise: string): void {
  if (!isSo) throw new Error(otherwise);
}

function start(args: string[], more?: Record<string, string>): Bun.Subprocess<"ignore", "inherit", "inherit">;
function start(args: string[], more: Record<string, string>, out: "pipe"): Bun.Subprocess<"ignore", "pipe", "inherit">;
function start(args: string[], more: Record<string, string> = {}, out: "inherit" | "pipe" = "inherit") {
  if (!existsSync(binary)) throw new Error("dist/zgate is missing: bun run build");
  const env = {
    PORT: `${port}`,
    UPSTREAM_URL: simulator.zaiUrl,
    ZAI_TOKEN: `smoke.${crypto.randomUUID()}`,
    DEFAULT_KEY: key,
    ...more,
  };
  return Bun.spawn([binary, ...args], { cwd: folder, env, stdin: "ignore", stdout: out, stderr: "inherit" });
}

async function ask(more: object): Promise<string> {
  return (await post(more)).text();
}

function post(more: object, bearer = key): Promise<Response> {
  const body = { model: "glm-4.7", messages: [{ role: "user", content: "What is 7 + 5?" }], ...more };
  const headers = { Authorization: `Bearer ${bearer}`, "Content-Type": "application/json" };
  return fetch(`${home}/v1/chat/completions`, { method: "POST", headers, body: JSON.stringify(body) });
}

async function command(args: string[]): Promise<string> {
  const child = start(args, {}, "pipe");
  const said = await new Response(child.stdout).text();
  expect((await child.exited) === 0, `zgate ${args.join(" ")}: exit ${child.exitCode}`);
  return said;
}

function rowsIn(dataDir: string): Record<string, unknown>[] {
  const database = new Database(join(folder, dataDir, "zgate.db"), { readonly: true });
  const rows = database.query("SELECT * FROM requests ORDER BY id").all();
  database.close();
  return rows as Record<string, unknown>[];
}

async function readUntil(stream: ReadableStream<Uint8Array>, sign: string): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of stream) {
    text += decoder.decode(bytes, { stream: true });
    if (text.includes(sign)) break;
  }
  return text;
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 15_000;
  while (!(await isSo().catch(() => false))) {
    if (Date.now() > end || zgate.exitCode !== null) throw new Error(`not up (exit ${zgate.exitCode})`);
    await Bun.sleep(50);
  }
}

function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  listener.stop(true);
  return listener.port;
}
