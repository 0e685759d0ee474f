import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from "node:fs";
import { rm } from "node:fs/promises";

/** A small file for its owner's eyes alone (mode 0600): the master secret, the secrets of the first run. */
export interface OwnFile {
  path: string;
  /** Null where there is none. */
  read(): string | null;
  /** Throws if it is there already: a secret is never overwritten. */
  create(text: string): void;
  /** Gone afterwards, whether it was there or not. */
  remove(): Promise<void>;
}

export function ownFile(path: string): OwnFile {
  return {
    path,
    read() {
      try {
        return readFileSync(path, "utf8");
      } catch (error) {
        if (isMissing(error)) return null;
        throw error;
      }
    },
    create(text) {
      const file = openSync(path, "wx", 0o600);
      try {
        writeSync(file, text);
        fsyncSync(file);
      } finally {
        closeSync(file);
      }
    },
    remove: () => rm(path, { force: true }),
  };
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
