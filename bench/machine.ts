import { Database } from "bun:sqlite";
import { mkdirSync, readFileSync, realpathSync } from "node:fs";
import { availableParallelism, cpus, release } from "node:os";
import { join } from "node:path";
import { quantile } from "./numbers.ts";

export interface Machine {
  date: string;
  cpu: string;
  cores: number;
  system: string;
  bun: string;
  disk: Disk;
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

/** How long a small commit takes that the disk has to acknowledge: milliseconds, one after the other. */
export function measureCommits(folder: string, commits: number): { p50: number; p99: number } {
  mkdirSync(folder, { recursive: true });
  const database = new Database(join(folder, "commits.db"));
  database.run("PRAGMA journal_mode = WAL");
  database.run("PRAGMA synchronous = FULL");
  database.run("CREATE TABLE IF NOT EXISTS commits (id INTEGER PRIMARY KEY, words TEXT)");
  const insert = database.prepare("INSERT INTO commits (words) VALUES (?)");
  const words = "w".repeat(150);
  const ms: number[] = [];
  for (let i = 0; i < commits; i++) {
    const from = performance.now();
    insert.run(words);
    ms.push(performance.now() - from);
  }
  database.close();
  return { p50: quantile(ms, 0.5), p99: quantile(ms, 0.99) };
}
