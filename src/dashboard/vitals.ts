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
  bunVersion: string;
  platform: string;
}

/** Asks the process and the file system. */
export async function vitalsOf(
  dataDir: string,
  rest: Pick<Vitals, "writer" | "isStorageHealthy" | "inFlight">,
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
