import { appendFileSync, closeSync, fstatSync, openSync } from "node:fs";
import { appendFile, rename, stat } from "node:fs/promises";
import { StartError } from "~/errors.ts";

export interface LogFile {
  write(line: string): void;
  /** Resolves when what was written so far is in the file, or given up. */
  flushed(): Promise<void>;
}

/** Old files beside the one that is written. */
const kept = 3;
/** Characters that may wait while the disk is slow or full; what comes then is dropped and counted. */
const longestQueue = 1024 * 1024;

/**
 * A log that grows to `maxBytes`, moves to `path.1` and begins anew. Lines wait in memory for the disk: the thread that
 * carries traffic does not. Throws a StartError where the file cannot be written at the start; later troubles are silent.
 */
export function openLogFile(path: string, maxBytes: number): LogFile {
  let size = sizeAtStart(path);
  let waiting = "";
  let dropped = 0;
  let writing: Promise<void> | null = null;

  async function drain(): Promise<void> {
    while (waiting !== "") {
      const text = waiting;
      waiting = "";
      try {
        if (size > 0 && size + text.length > maxBytes) await rotate();
        await appendFile(path, text, { mode: 0o600 });
        size += Buffer.byteLength(text);
      } catch {
        // The log's disk is full or gone. These lines are lost, and traffic goes on.
      }
    }
    writing = null;
  }

  async function rotate(): Promise<void> {
    for (let at = kept - 1; at >= 1; at--) await rename(`${path}.${at}`, `${path}.${at + 1}`).catch(() => {});
    await rename(path, `${path}.1`);
    size = await stat(path).then(
      (file) => file.size,
      () => 0,
    );
  }

  // What still waits when the process ends has no later.
  process.on("exit", () => {
    try {
      if (waiting !== "") appendFileSync(path, waiting, { mode: 0o600 });
    } catch {
      // As above.
    }
  });

  return {
    write(line) {
      if (waiting.length + line.length > longestQueue) {
        dropped++;
        return;
      }
      if (dropped > 0) waiting += `${dropped} lines were dropped here: the disk of the log did not keep up\n`;
      dropped = 0;
      waiting += line;
      writing ??= drain();
    },
    flushed: () => writing ?? Promise.resolve(),
  };
}

function sizeAtStart(path: string): number {
  try {
    const file = openSync(path, "a", 0o600);
    try {
      return fstatSync(file).size;
    } finally {
      closeSync(file);
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StartError(`LOG_FILE ${path} cannot be written: ${why}`, {
      zh: `无法写入 LOG_FILE ${path}：${why}`,
      cause: error,
    });
  }
}
