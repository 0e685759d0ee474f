import { Database } from "bun:sqlite";
import { readFileSync, realpathSync } from "node:fs";
import { availableParallelism, cpus, loadavg, release } from "node:os";
import { join } from "node:path";

export interface Machine {
  date: string;
  cpu: string;
  cores: number;
  system: string;
  bun: string;
  disk: Disk;
  /** Processes that wanted a core when the run began, this one's not among them: more than a few, and the numbers suffer. */
  load: number;
}

export interface Disk {
  device: string;
  filesystem: string;
  /** A file system in memory proves nothing about commits. */
  isInMemory: boolean;
}

export function describeMachine(folder: string): Machine {
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: cpus()[0]?.model ?? "unknown",
    cores: availableParallelism(),
    system: `Linux ${release()}`,
    bun: Bun.version,
    disk: diskOf(folder),
    load: loadavg()[0]!,
  };
}

/** The device under a folder, by the longest mount point above it. */
export function diskOf(folder: string, mounts = readFileSync("/proc/self/mounts", "utf8")): Disk {
  const path = realpathSync(folder);
  const above = mounts
    .split("\n")
    .map((line) => line.split(" "))
    .filter(([, point = ""]) => point === "/" || path === point || path.startsWith(`${point}/`))
    .sort(([, a = ""], [, b = ""]) => b.length - a.length);
  const [device = "unknown", , filesystem = "unknown"] = above[0] ?? [];
  return { device, filesystem, isInMemory: /^(tmpfs|ramfs|devtmpfs)$/.test(filesystem) };
}

/**
 * How long each of some small commits takes that the disk has to acknowledge. Milliseconds. With a pause before each: a disk
 * and a thread that sleep in between take longer than those that are kept awake.
 */
export async function measureCommits(folder: string, commits: number, pauseMs: number): Promise<number[]> {
  const database = new Database(join(folder, "commits.db"));
  database.run("PRAGMA journal_mode = WAL");
  database.run("PRAGMA synchronous = FULL");
  database.run("CREATE TABLE IF NOT EXISTS commits (id INTEGER PRIMARY KEY, words TEXT)");
  const insert = database.prepare("INSERT INTO commits (words) VALUES (?)");
  const words = "w".repeat(150);
  const took: number[] = [];
  for (let i = 0; i < commits; i++) {
    await Bun.sleep(pauseMs);
    const from = performance.now();
    insert.run(words);
    took.push(performance.now() - from);
  }
  database.close();
  return took;
}
