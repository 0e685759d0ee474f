/**
 * `bun run check`: everything that must hold before a change is one. Every step runs, also behind one that failed, so
 * that one round shows all there is to do. The last line counts steps and tests.
 */
import { spawn } from "bun";

const steps: { name: string; command: string[] }[] = [
  { name: "install", command: ["bun", "install", "--frozen-lockfile"] },
  { name: "types", command: ["bun", "run", "tsc", "--noEmit"] },
  { name: "lint", command: ["bun", "run", "biome", "check", "--error-on-warnings"] },
  { name: "markup", command: ["bun", "run", "xss-scan"] },
  { name: "migrations", command: ["bun", "run", "db:check"] },
  { name: "tests", command: ["bun", "test", "--only-failures", "--timeout", "60000", "--parallel=2"] },
];

const count = { passed: 0, failed: 0 };
for (const { name, command } of steps) {
  console.log(`\n== ${name}: ${command.join(" ")}`);
  const { exitCode, output } = await run(command);
  const tests = name === "tests" ? testsIn(output) : null;
  // A run of tests that died before its summary is one failure; one that has a summary counts as its tests.
  count.passed += tests?.passed ?? (exitCode === 0 ? 1 : 0);
  count.failed += tests?.failed || (exitCode === 0 ? 0 : 1);
}
console.log(`\n${count.passed} passed, ${count.failed} failed`);
process.exit(count.failed === 0 ? 0 : 1);

/** Runs a command without standard input, shows what it says and keeps it. */
async function run(command: string[]): Promise<{ exitCode: number; output: string }> {
  const child = spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const parts: string[] = [];
  const show = async (from: ReadableStream<Uint8Array>, to: NodeJS.WriteStream) => {
    const decoder = new TextDecoder();
    for await (const bytes of from) {
      parts.push(decoder.decode(bytes, { stream: true }));
      to.write(bytes);
    }
  };
  await Promise.all([show(child.stdout, process.stdout), show(child.stderr, process.stderr)]);
  return { exitCode: await child.exited, output: parts.join("") };
}

function testsIn(output: string): { passed: number; failed: number } | null {
  const passed = /^\s*(\d+) pass$/m.exec(output)?.[1];
  const failed = /^\s*(\d+) fail$/m.exec(output)?.[1];
  return passed === undefined && failed === undefined
    ? null
    : { passed: Number(passed ?? 0), failed: Number(failed ?? 0) };
}
