/**
 * `bun scripts/image-stages.ts`: proves the Dockerfile where there is no Docker. It copies what each COPY names (less what
 * .dockerignore keeps out) into a scratch folder, runs the build stage's RUN lines there, puts the image's files together
 * and boots them as the image would: as its own user, from folders that cannot be written, within 256 MB.
 * What needs the base image itself (apt-get) is only named. The last line counts.
 */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { startSimulator } from "../src/simulator/simulator.ts";

interface Stage {
  name: string;
  steps: { word: string; rest: string }[];
}

const stages = parse(readFileSync("Dockerfile", "utf8"));
const ignored = readFileSync(".dockerignore", "utf8").split("\n").filter(Boolean);
const [build, image] = stages;
if (stages.length !== 2 || !build || !image) throw new Error("The Dockerfile has other stages than this script knows");

const scratch = mkdtempSync(join(tmpdir(), "zgate-image-"));
chmodSync(scratch, 0o755);
const folders = { build: join(scratch, "build"), image: join(scratch, "image") };
const count = { passed: 0, failed: 0 };
const isRoot = process.getuid?.() === 0;

await step("runs the build stage from what COPY names alone", () => {
  const workdir = join(folders.build, "src");
  mkdirSync(workdir, { recursive: true });
  for (const { word, rest } of build.steps) {
    if (word === "COPY") copyIn(rest, workdir);
    if (word === "RUN") run(rest, workdir);
  }
  expect(existsSync(join(workdir, "dist/zgate")), "no dist/zgate");
});

await step("puts the image together", () => {
  mkdirSync(folders.image, { recursive: true });
  for (const { word, rest } of image.steps) {
    if (word === "RUN") console.log(`      left to the base image: ${rest.replace(/\s+/g, " ")}`);
    if (word !== "COPY") continue;
    const words = rest.split(/\s+/).filter((one) => !one.startsWith("--"));
    const [from, to] = words.map((path) => path.replace(/^\//, "")) as [string, string];
    mkdirSync(join(folders.image, to, ".."), { recursive: true });
    cpSync(join(folders.build, from), join(folders.image, to), { recursive: true });
    const owner = /--chown=(\d+):(\d+)/.exec(rest);
    if (owner && isRoot) chownSync(join(folders.image, to), Number(owner[1]), Number(owner[2]));
  }
  expect(statSync(join(folders.image, "data")).mode % 0o1000 === 0o700, "data is not 0700");
  rmSync(folders.build, { recursive: true });
});

const simulator = await startSimulator();
await step("boots as the image's user from a read-only folder within 256 MB, answers, and ends cleanly", async () => {
  spawnSync("chmod", ["-R", "a-w", join(folders.image, "usr")]);
  const env = envOf(image);
  const port = freePort();
  const key = `image-${crypto.randomUUID()}`;
  const child = start(["serve"], {
    ...env,
    PORT: `${port}`,
    HOST: "127.0.0.1",
    DATA_DIR: join(folders.image, "data"),
    UPSTREAM_URL: simulator.zaiUrl,
    ZAI_TOKEN: `image.${crypto.randomUUID()}`,
    DEFAULT_KEY: key,
  });
  const limit = limitMemory(child.pid, 256);
  try {
    const home = `http://127.0.0.1:${port}`;
    await until(async () => (await fetch(`${home}/ready`)).ok, child);
    const ask = async (): Promise<string> => {
      const response = await fetch(`${home}/v1/chat/completions`, {
        method: "POST",
        headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
        body: JSON.stringify({
          model: "glm-4.7",
          stream: true,
          messages: [{ role: "user", content: "What is 7 + 5?" }],
        }),
      });
      return response.text();
    };
    for (let round = 0; round < 20; round++) {
      const answers = await Promise.all(Array.from({ length: 25 }, ask));
      expect(
        answers.every((answer) => answer.trimEnd().endsWith("data: [DONE]")),
        "an answer without [DONE]",
      );
    }
    const health = spawnSync(binary(), ["health"], { env: { DATA_DIR: join(folders.image, "data") } });
    expect(health.status === 0, `zgate health: ${health.stdout}`);
    const peak = peakMemory(child.pid);
    console.log(`      peak ${peak} MB after 500 streams${limit ? ", under a limit of 256 MB" : ""}`);
    expect(peak < 256, `${peak} MB`);
  } finally {
    child.kill("SIGTERM");
    const code = await child.exited;
    limit?.end();
    expect(code === 0, `exit ${code}`);
  }
});
await step("says the chown line where the mounted folder belongs to root", async () => {
  if (!isRoot) return console.log("      left out: only root can try this");
  const data = join(scratch, "roots");
  mkdirSync(data, { mode: 0o755 });
  const child = start(["serve"], { ...envOf(image), PORT: "0", DATA_DIR: data }, "pipe");
  const said = await new Response(child.stderr as ReadableStream).text();
  expect((await child.exited) === 1 && said.includes("sudo chown -R 10001:10001"), said);
});
simulator.stop();
spawnSync("chmod", ["-R", "u+w", scratch]);
rmSync(scratch, { recursive: true, force: true });
console.log(`${count.passed} passed, ${count.failed} failed`);
process.exit(count.failed === 0 ? 0 : 1);

function parse(text: string): Stage[] {
  const found: Stage[] = [];
  const lines = text
    .replace(/^#.*\n/gm, "")
    .replaceAll("\\\n", " ")
    .split("\n");
  for (const line of lines.filter((one) => one.trim() !== "")) {
    const [, word = "", rest = ""] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
    if (word === "FROM") found.push({ name: rest, steps: [] });
    else found.at(-1)?.steps.push({ word, rest: rest.trim() });
  }
  return found;
}

function copyIn(rest: string, workdir: string): void {
  const paths = rest.split(/\s+/);
  const to = paths.pop() ?? ".";
  for (const path of paths) {
    expect(!ignored.includes(path), `${path} is copied and ignored`);
    const target = to.endsWith("/") ? join(workdir, to, basename(path)) : join(workdir, to);
    cpSync(path, target, { recursive: true });
  }
}

function run(command: string, cwd: string): void {
  const done = spawnSync("sh", ["-c", command], {
    cwd,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, TARGETARCH: "" },
  });
  expect(done.status === 0, `${command}: exit ${done.status}`);
}

function binary(): string {
  return join(folders.image, "usr/local/bin/zgate");
}

function envOf({ steps }: Stage): Record<string, string> {
  const text = steps.filter(({ word }) => word === "ENV").map(({ rest }) => rest);
  return Object.fromEntries(
    text.flatMap((line) => line.split(/\s+/).map((pair) => pair.split("=") as [string, string])),
  );
}

function start(args: string[], env: Record<string, string>, stderr: "inherit" | "pipe" = "inherit") {
  const become = isRoot ? ["setpriv", "--reuid=10001", "--regid=10001", "--clear-groups", "--no-new-privs"] : [];
  return Bun.spawn([...become, binary(), ...args], {
    cwd: "/",
    env: { ...env, PATH: process.env.PATH ?? "" },
    stdin: "ignore",
    stdout: "ignore",
    stderr,
  });
}

/** A memory limit as Docker sets one, where this machine lets us. */
function limitMemory(pid: number, megabytes: number): { end(): void } | null {
  const v1 = `/sys/fs/cgroup/memory/zgate-image-${pid}`;
  try {
    mkdirSync(v1);
    writeFileSync(join(v1, "memory.limit_in_bytes"), `${megabytes * 1024 ** 2}`);
    writeFileSync(join(v1, "cgroup.procs"), `${pid}`);
    return { end: () => spawnSync("rmdir", [v1]) };
  } catch {
    return null;
  }
}

function peakMemory(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
}

async function step(name: string, act: () => unknown): Promise<void> {
  try {
    await act();
    count.passed++;
    console.log(`ok    ${name}`);
  } catch (thrown) {
    count.failed++;
    console.log(`FAIL  ${name}: ${thrown instanceof Error ? thrown.message : thrown}`);
  }
}

function expect(isSo: boolean, otherwise: string): void {
  if (!isSo) throw new Error(otherwise);
}

async function until(isSo: () => Promise<boolean>, child: Bun.Subprocess): Promise<void> {
  const end = Date.now() + 30_000;
  while (!(await isSo().catch(() => false))) {
    if (Date.now() > end || child.exitCode !== null) throw new Error(`not up (exit ${child.exitCode})`);
    await Bun.sleep(50);
  }
}

function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  listener.stop(true);
  return listener.port;
}
