import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { availableParallelism } from "node:os";
import { spawn } from "bun";

/** A process of the benchmark, alone on the core that it was given. */
export interface Pinned {
  pid: number;
  /** User and system time of all its threads so far, in milliseconds; steps of 10. */
  cpuMs(): number;
  /** Resident memory in MB. */
  rssMb(): number;
  /** Asks it to end, and waits. */
  stop(): Promise<void>;
}

export interface Launch {
  command: string[];
  core: number | null;
  env?: Record<string, string>;
  cwd?: string;
  /** Whether what it complains of is shown. */
  isLoud?: boolean;
  /** Resolves when it can be used; asked again and again. */
  isReady(): Promise<boolean>;
}

/** What is measured has one core to itself; the load and the simulated upstream share another. */
export function chooseCores(): { gateway: number | null; load: number | null } {
  if (Bun.which("taskset") === null || availableParallelism() < 2) return { gateway: null, load: null };
  return { gateway: availableParallelism() - 1, load: 0 };
}

/** Pins this very process, threads that it will start included. */
export function pinSelf(core: number | null): void {
  if (core !== null) Bun.spawnSync(["taskset", "-a", "-cp", String(core), String(process.pid)]);
}

export async function launch({ command, core, env, cwd, isReady, isLoud = true }: Launch): Promise<Pinned> {
  const pinned = core === null ? command : ["taskset", "-c", String(core), ...command];
  const child = spawn(pinned, {
    cwd,
    // Only what a process needs: no setting of the caller's may change what is measured.
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdin: "ignore",
    stdout: "ignore",
    stderr: isLoud ? "inherit" : "ignore",
  });
  running.add(child);
  const deadline = Date.now() + 20_000;
  while (!(await isReady().catch(() => false))) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`${command.join(" ")} did not start`);
    await Bun.sleep(20);
  }
  return {
    pid: child.pid,
    cpuMs: () => cpuMs(child.pid),
    rssMb: () => rssMb(child.pid),
    async stop() {
      child.kill("SIGTERM");
      const force = setTimeout(() => child.kill("SIGKILL"), 15_000);
      await child.exited;
      clearTimeout(force);
      running.delete(child);
    },
  };
}

const running = new Set<Bun.Subprocess>();

/** Whatever still runs ends with the benchmark, also with one that failed. */
export function endAll(): void {
  for (const child of running) child.kill("SIGKILL");
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== "object" || address === null) throw new Error("no free port");
  return address.port;
}

/** https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: utime and stime, in the 100 ticks a second of every Linux. */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function rssMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}
