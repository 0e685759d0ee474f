import { stat } from "node:fs/promises";
import type { World } from "./command.ts";

/** Shows on a terminal how far a growing file is. Returns what ends that. */
export function watchFile(world: World, path: string, expectedBytes: number): () => void {
  const timer = setInterval(async () => {
    const { size } = await stat(path).catch(() => ({ size: 0 }));
    if (size > 0) world.draw?.(bar(size, expectedBytes));
  }, 200);
  return () => {
    clearInterval(timer);
    world.draw?.("");
  };
}

/** Shows on a terminal how long something has been going on that cannot say how far it is. Returns what ends that. */
export function watchTime(world: World): () => void {
  const from = performance.now();
  const timer = setInterval(() => world.draw?.(`${Math.round((performance.now() - from) / 1000)} s …`), 1_000);
  return () => {
    clearInterval(timer);
    world.draw?.("");
  };
}

/** `[##########          ] 50 %` */
export function bar(done: number, of: number): string {
  const share = of > 0 ? Math.min(1, done / of) : 0;
  const filled = Math.round(share * 30);
  return `[${"#".repeat(filled)}${" ".repeat(30 - filled)}] ${Math.round(share * 100)} %`;
}
