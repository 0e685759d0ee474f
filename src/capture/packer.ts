import { startCaptureWorker } from "~/workers.ts";
import type { Gathered, Packed, PackOptions } from "./pack.ts";
import type { PackAsked, PackReplied } from "./protocol.ts";

export interface Bodies<Body> {
  request: Body | null;
  answer: Body | null;
}

/** The traffic thread's side of the capture thread. */
export interface Packer {
  /** Rejects where the thread was lost. The bytes are gone from this side: they move over. */
  pack(bodies: Bodies<Gathered>, options: PackOptions): Promise<Bodies<Packed>>;
  close(): void;
}

/** The thread starts with the first body: who keeps none never pays for it. */
export function createPacker(startWorker = startCaptureWorker): Packer {
  const waiting = new Map<number, PromiseWithResolvers<Bodies<Packed>>>();
  let worker: Worker | null = null;
  let lastId = 0;

  function start(): Worker {
    const started = startWorker();
    started.onmessage = ({ data }: MessageEvent<PackReplied>) => {
      const asked = waiting.get(data.id);
      waiting.delete(data.id);
      if ("error" in data) asked?.reject(new Error(data.error));
      else asked?.resolve(data);
    };
    started.onerror = (event) => {
      event.preventDefault();
      if (started === worker) end(event.message);
    };
    return started;
  }

  function end(why: string): void {
    worker?.terminate();
    worker = null;
    for (const asked of waiting.values()) asked.reject(new Error(why));
    waiting.clear();
  }

  return {
    pack(bodies, options) {
      worker ??= start();
      const asked = Promise.withResolvers<Bodies<Packed>>();
      const message: PackAsked = { id: ++lastId, ...bodies, ...options };
      waiting.set(message.id, asked);
      worker.postMessage(message, buffersOf(bodies));
      return asked.promise;
    },
    close: () => end("the gateway is shutting down"),
  };
}

function buffersOf({ request, answer }: Bodies<Gathered>): ArrayBuffer[] {
  return [request, answer].flatMap((body) => (body === null ? [] : [body.bytes.buffer as ArrayBuffer]));
}
