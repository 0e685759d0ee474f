import { statfs } from "node:fs/promises";
import type { WriterStats } from "~/db/writer.ts";

/** How the process and its folder are, at this moment. */
export interface Vitals {
  /** Milliseconds since the process began. */
  uptimeMs: number;
  memoryBytes: number;
  /** CPU time since the beginning, of all threads. */
  cpuMs: number;
  disk: { freeBytes: number; allBytes: number } | null;
  writer: WriterStats;
  isStorageHealthy: boolean;
  inFlight: number;
  /** Requests without a row, because storage failed: the gap since the start. */
  unrecorded: number;
  /** How long rows are kept, and how large the database may grow; null for no bound. */
  keep: { rowDays: number | null; maxBytes: number | null };
  /** The scheduled backups; null where there are none. */
  backups: { lastAt: number | null; failed: boolean } | null;
  bunVersion: string;
  platform: string;
}

/** Asks the process and the file system. */
export async function vitalsOf(
  dataDir: string,
  rest: Omit<Vitals, "uptimeMs" | "memoryBytes" | "cpuMs" | "disk" | "bunVersion" | "platform">,
): Promise<Vitals> {
  const { user, system } = process.cpuUsage();
  const disk = await statfs(dataDir).catch(() => null);
  return {
    ...rest,
    uptimeMs: process.uptime() * 1000,
    memoryBytes: process.memoryUsage.rss(),
    cpuMs: (user + system) / 1000,
    disk: disk && { freeBytes: disk.bavail * disk.bsize, allBytes: disk.blocks * disk.bsize },
    bunVersion: Bun.version,
    platform: `${process.platform} ${process.arch}`,
  };
}
