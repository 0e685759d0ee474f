import type { Socket } from "bun";
import { AnswerReader } from "./answer.ts";

/** One request as it is asked again and again. */
export interface Question {
  port: number;
  /** The whole request, head included. */
  bytes: Buffer;
  /** What a good answer has close to its end. */
  ending: string;
}

export interface Tally {
  good: number;
  bad: number;
}

/**
 * So many connections, each of which asks its question again as soon as it has its answer, for so long; then waits for
 * what runs.
 */
export async function pump(questionOf: () => Question, connections: number, ms: number): Promise<Tally> {
  const tally = { good: 0, bad: 0 };
  const until = performance.now() + ms;
  await Promise.all(
    Array.from({ length: connections }, () =>
      converse(questionOf(), (isGood) => {
        if (isGood) tally.good++;
        else tally.bad++;
        return performance.now() < until;
      }),
    ),
  );
  return tally;
}

/** Keeps servers busy until the runtime has compiled what they run all the time, as it has in one that has run for a day. */
export async function warmUp(questions: readonly Question[], ms: number): Promise<void> {
  for (const question of questions) await pump(() => question, 64, ms);
}

/**
 * One connection with requests due at fixed moments: how long each took, in milliseconds. One that had to wait for the
 * answer before it counts from when it was due: whoever waits in line waits as well.
 */
export async function schedule(question: Question, perSecond: number, requests: number): Promise<number[]> {
  const took: number[] = [];
  const start = performance.now();
  let answered: (() => void) | null = null;
  const { ask, close } = await connect(question, () => answered?.());
  for (let at = 0; at < requests; at++) {
    const due = start + (at * 1000) / perSecond;
    const early = due - performance.now();
    if (early > 0) await Bun.sleep(early);
    // A timer that rings late is no fault of the gateway's.
    const from = early > 0 ? performance.now() : due;
    await new Promise<void>((resolve) => {
      answered = resolve;
      ask();
    });
    took.push(performance.now() - from);
  }
  close();
  return took;
}

/** Clients that ask and then read nothing; what is returned makes them leave. */
export async function deafClients({ port, bytes }: Question, count: number): Promise<() => void> {
  const sockets = await Promise.all(
    Array.from({ length: count }, () =>
      Bun.connect({
        hostname: "127.0.0.1",
        port,
        socket: {
          open(socket) {
            socket.write(bytes);
            socket.pause();
          },
          data() {},
        },
      }),
    ),
  );
  return () => {
    for (const socket of sockets) socket.terminate();
  };
}

/** Asks again and again on one connection, until `answered` says not to go on. */
async function converse(question: Question, answered: (isGood: boolean) => boolean): Promise<void> {
  const done = Promise.withResolvers<void>();
  const { ask, close } = await connect(
    question,
    (isGood) => {
      if (answered(isGood)) ask();
      else {
        done.resolve();
        close();
      }
    },
    done.reject,
  );
  ask();
  await done.promise;
}

async function connect(
  { port, bytes, ending }: Question,
  answered: (isGood: boolean) => void,
  failed: (error: Error) => void = () => {},
): Promise<{ ask(): void; close(): void }> {
  const reader = new AnswerReader(ending);
  let unsent: Buffer = none;
  const send = (socket: Socket) => {
    unsent = unsent.subarray(Math.max(0, socket.write(unsent)));
  };
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      data(_, arrived) {
        if (reader.feed(arrived)) answered(reader.isGood);
      },
      drain: send,
      close: () => failed(new Error(`the server on port ${port} closed the connection in mid-answer`)),
    },
  });
  return {
    ask() {
      unsent = bytes;
      send(socket);
    },
    close: () => socket.end(),
  };
}

const none = Buffer.alloc(0);

export function request(path: string, headers: Record<string, string>, body: string): Buffer {
  const lines = Object.entries({ host: "127.0.0.1", ...headers, "content-length": String(Buffer.byteLength(body)) });
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${body}`,
  );
}

/** One stream as its client saw it. Milliseconds. */
export interface Followed {
  /** From the request to the first word. */
  firstMs: number;
  /** Between two arrivals, from the first on. */
  gapsMs: number[];
  isGood: boolean;
}

/** So many streams, begun one after the other over `spreadMs`, each followed to its end. */
export async function followStreams(question: Question, count: number, spreadMs: number): Promise<Followed[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, at) => {
      await Bun.sleep((spreadMs * at) / count);
      return followStream(question);
    }),
  );
}

/** How the simulated upstream's prepared answers begin; before it stands who speaks. */
const firstWord = " word0";

function followStream({ port, bytes, ending }: Question): Promise<Followed> {
  return new Promise((resolve, reject) => {
    const reader = new AnswerReader(ending);
    const gapsMs: number[] = [];
    let asked = 0;
    let firstMs = 0;
    let last = 0;
    Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: {
        open(socket) {
          asked = performance.now();
          socket.write(bytes);
        },
        data(socket, arrived) {
          const now = performance.now();
          const isOver = reader.feed(arrived);
          if (last === 0 && !arrived.includes(firstWord)) return;
          if (last === 0) firstMs = now - asked;
          // The end comes right behind the last chunk, and later than that only where a record is written in between.
          else if (!isOver) gapsMs.push(now - last);
          last = now;
          if (!isOver) return;
          resolve({ firstMs, gapsMs, isGood: reader.isGood });
          socket.end();
        },
        close: () => reject(new Error(`the server on port ${port} closed the connection in mid-answer`)),
      },
    }).catch(reject);
  });
}
