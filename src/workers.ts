/**
 * The threads beside the traffic thread. They are named here, beside `main.ts`, because the compiled binary has all
 * modules in one file at its root and the workers in folders below it: only from here is the path the same in both.
 * Bun finds them there only when they are written exactly so, and are entry points of `bun build --compile`.
 */
export function startWriterWorker(): Worker {
  return new Worker(new URL("./db/writer.worker.ts", import.meta.url));
}

export function startReaderWorker(): Worker {
  return new Worker(new URL("./reader.worker.ts", import.meta.url));
}

export function startPrepareWorker(): Worker {
  return new Worker(new URL("./db/prepare.worker.ts", import.meta.url));
}

export function startBackupWorker(): Worker {
  return new Worker(new URL("./db/backup.worker.ts", import.meta.url));
}

export function startSchemaWorker(): Worker {
  return new Worker(new URL("./gateway/schema.worker.ts", import.meta.url));
}

export function startRollupWorker(): Worker {
  return new Worker(new URL("./record/rollup.worker.ts", import.meta.url));
}

export function startCaptureWorker(): Worker {
  return new Worker(new URL("./capture/capture.worker.ts", import.meta.url));
}
