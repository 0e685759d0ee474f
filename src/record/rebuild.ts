import type { Writer } from "~/db/writer.ts";
import { startRollupWorker } from "~/workers.ts";
import type { Asked, Replied } from "./rollup.worker.ts";
import { repair } from "./rollup-repair.ts";

/**
 * Puts right the cells of the UTC days of `[from, to)` (ms since 1970) whose rows all stand, a day at a time, while
 * traffic goes on. `onDay` hears how many days are done.
 */
export async function rebuild(
  path: string,
  writer: Writer,
  from: number,
  to: number,
  onDay: (done: number, all: number) => void = () => {},
): Promise<void> {
  const worker = startRollupWorker();
  try {
    const opened = await ask(worker, { open: path });
    if (!("days" in opened) || opened.days === null) return;
    const first = Math.max(opened.days.first, Math.floor(from / dayMs));
    const last = Math.min(opened.days.last, Math.ceil(to / dayMs) - 1);
    for (let day = first; day <= last; day++) {
      const checked = await ask(worker, { day });
      const differences = "differences" in checked ? checked.differences : [];
      for (let at = 0; at < differences.length; at += cellsATime) {
        await writer.write(repair(differences.slice(at, at + cellsATime)));
      }
      onDay(day - first + 1, last - first + 1);
    }
  } finally {
    worker.terminate();
  }
}

/** So many that requests wait for their commit a few milliseconds at most. */
const cellsATime = 200;
const dayMs = 86_400_000;

function ask(worker: Worker, asked: Asked): Promise<Replied> {
  const { promise, resolve, reject } = Promise.withResolvers<Replied>();
  worker.onmessage = ({ data }: MessageEvent<Replied>) => resolve(data);
  worker.onerror = (event) => {
    event.preventDefault();
    reject(new Error(event.message));
  };
  worker.postMessage(asked);
  return promise;
}
