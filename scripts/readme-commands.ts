/**
 * `bun scripts/readme-commands.ts`: runs the commands that README and guides name, each block in a scratch folder with
 * the built binary as `zgate`, a running server and the simulated Z.ai behind it. What a block needs that a test machine has not
 * (root, Docker, a service manager, another host) is left out by name. The last line counts.
 */
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { startSimulator } from "../src/simulator/simulator.ts";

/** What only its owner's machine can do. */
const leftOut =
  /\b(sudo|docker|pm2|systemctl|journalctl|xattr|scp|litestream|git pull|setx|certbot|ufw|sha256sum)\b|https:\/\//;
/** What `.ci/run` runs by itself. */
const elsewhere = /bun@1\.4\.5 run (check|bench|build|smoke)|bun@1\.4\.5 install/;

const bunx = Bun.which("bun") ?? process.execPath;
/** In English: a test holds the Chinese guides to the same commands. */
const pages = [
  "README.md",
  ...readdirSync("docs")
    .filter((name) => name.endsWith(".md") && !name.endsWith(".zh-CN.md"))
    .sort()
    .map((name) => `docs/${name}`),
];
const simulator = await startSimulator();
const count = { passed: 0, failed: 0, leftOut: 0 };

for (const page of pages) for (const block of blocksOf(readFileSync(page, "utf8"))) await runBlock(page, block);

simulator.stop();
console.log(`left out: ${count.leftOut}`);
console.log(`${count.passed} passed, ${count.failed} failed`);
process.exit(count.failed === 0 ? 0 : 1);

function blocksOf(text: string): string[] {
  return [...text.matchAll(/^( *)```sh\n([\s\S]*?)^ *```$/gm)].map(([, indent = "", block = ""]) =>
    block.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
  );
}

async function runBlock(page: string, block: string): Promise<void> {
  // The simulated Z.ai stands for the real one.
  const lines = joined(block.replaceAll("https://api.z.ai/api/paas/v4", simulator.zaiUrl)).filter(
    (line) => line.trim() !== "" && !line.startsWith("#"),
  );
  const mine = lines.filter((line) => !leftOut.test(line) && !elsewhere.test(line) && !/\brun demo\b/.test(line));
  count.leftOut += lines.length - mine.length;
  if (lines.some((line) => /\brun demo\b/.test(line))) await step(`${page}: the demo`, demo);
  if (mine.length === 0) return;
  await step(`${page}: ${mine[0]?.split("\n")[0]}`, () => inScratch(mine));
}

/** A line that ends with a backslash, and what stands between a `<<'END'` and its END, is one with what follows. */
function joined(block: string): string[] {
  const lines: string[] = [];
  let isOpen = false;
  let isHere = false;
  for (const line of block.split("\n")) {
    if (isOpen || isHere) lines.push(`${lines.pop()}\n${line}`);
    else lines.push(line);
    if (/<<'END'/.test(line)) isHere = true;
    else if (line === "END") isHere = false;
    isOpen = line.endsWith("\\");
  }
  return lines;
}

async function inScratch(lines: string[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "zgate-readme-"));
  const bin = join(folder, "bin");
  mkdirSync(bin);
  copyFileSync("dist/zgate", join(bin, "zgate"));
  copyFileSync("dist/zgate", join(folder, "zgate-linux-x64"));
  for (const name of ["deploy", ".env.example"]) symlinkSync(resolve(name), join(folder, name));
  const port = freePort();
  const key = `readme-${crypto.randomUUID()}`;
  const env = {
    PATH: `${bin}:${process.env.PATH}`,
    HOME: folder,
    PORT: `${port}`,
    DEFAULT_KEY: key,
    ZGATE_KEY: key,
    ZAI_TOKEN: `readme.${crypto.randomUUID()}`,
    UPSTREAM_URL: simulator.zaiUrl,
    ZAI_KEY: `readme.${crypto.randomUUID()}`,
    OTHER_KEY: `readme.${crypto.randomUUID()}`,
  };
  const serve = () =>
    Bun.spawn(["zgate", "serve"], { cwd: folder, env, stdin: "ignore", stdout: "ignore", stderr: "inherit" });
  let server: Bun.Subprocess | null = serve();
  try {
    await until(port, server);
    // What a guide takes for granted: keys by their names, a backup that was made before.
    await shell(
      "zgate keys create NAME && zgate keys create pilot-agent && zgate backup --to ready.db --with-secret",
      folder,
      env,
    );
    for (const name of ["before-update", "move"]) {
      if (
        !lines.some((line) => line.includes(`restore ${name}.db`)) ||
        lines.some((line) => line.includes(`--to ${name}.db`))
      )
        continue;
      for (const end of [".db", ".secret.key"]) copyFileSync(join(folder, `ready${end}`), join(folder, name + end));
      // It goes to a machine where there is nothing yet.
      server?.kill("SIGTERM");
      await server?.exited;
      server = null;
      rmSync(join(folder, "data"), { recursive: true });
    }
    for (const line of lines) {
      await shell(runnable(line, server !== null).replaceAll("127.0.0.1:9090", `127.0.0.1:${port}`), folder, env);
    }
  } finally {
    server?.kill("SIGTERM");
    await server?.exited;
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Serving ends after a while; where a server has the data folder already, another one is served, or it is asked how it is. */
function runnable(line: string, isServed: boolean): string {
  return line.replace(/^((?:\w+=\S+ )*)(?:dist\/)?zgate serve\b.*$/m, (_, variables: string) => {
    if (isServed && variables === "") return "zgate health";
    const folder = isServed && !variables.includes("DATA_DIR=") ? "DATA_DIR=another " : "";
    return `PORT=0 ${folder}${variables}timeout --preserve-status -s TERM 3 zgate serve`;
  });
}

async function shell(command: string, cwd: string, env: Record<string, string>): Promise<void> {
  const child = Bun.spawn(["bash", "-euo", "pipefail", "-c", command], {
    cwd,
    env,
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  if ((await child.exited) !== 0) throw new Error(`${command}: exit ${child.exitCode}\n${out}${err}`);
  if (/^curl /.test(command) && !out.includes("[DONE]") && !out.includes('"content"'))
    throw new Error(`${command}:\n${out}`);
}

async function demo(): Promise<void> {
  const child = Bun.spawn([bunx, "src/main.ts", "demo"], {
    env: { PATH: process.env.PATH ?? "", PORT: `${freePort()}` },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  let text = "";
  const decoder = new TextDecoder();
  for await (const bytes of child.stdout) {
    text += decoder.decode(bytes, { stream: true });
    if (text.includes("Ctrl+C")) break;
  }
  const curl = /^curl [\s\S]+?^ {2}-d .*$/m.exec(text)?.[0] ?? "false";
  try {
    await shell(curl, ".", { PATH: process.env.PATH ?? "" });
  } finally {
    child.kill("SIGTERM");
    await child.exited;
  }
}

async function step(name: string, act: () => Promise<void>): Promise<void> {
  try {
    await act();
    count.passed++;
    console.log(`ok    ${name}`);
  } catch (thrown) {
    count.failed++;
    console.log(`FAIL  ${name}: ${thrown instanceof Error ? thrown.message : thrown}`);
  }
}

async function until(port: number, child: Bun.Subprocess): Promise<void> {
  const end = Date.now() + 20_000;
  for (;;) {
    const isUp = await fetch(`http://127.0.0.1:${port}/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isUp) return;
    if (Date.now() > end || child.exitCode !== null) throw new Error(`the server is not up (exit ${child.exitCode})`);
    await Bun.sleep(50);
  }
}

function freePort(): number {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  listener.stop(true);
  return listener.port;
}
