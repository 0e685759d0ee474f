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

/** So many connections, each of which asks again as soon as it has its answer, for so long; then waits for what runs. */
export async function pump(question: Question, connections: number, ms: number): Promise<Tally> {
  const tally = { good: 0, bad: 0 };
  const until = performance.now() + ms;
  await Promise.all(
    Array.from({ length: connections }, () =>
      converse(question, (isGood) => {
        if (isGood) tally.good++;
        else tally.bad++;
        return performance.now() < until;
      }),
    ),
  );
  return tally;
}

/** One connection, one request after the other: how long each took, in milliseconds, as they came. */
export async function sequence(question: Question, requests: number): Promise<{ ms: number[]; bad: number }> {
  const ms: number[] = [];
  let bad = 0;
  let from = performance.now();
  await converse(question, (isGood) => {
    const now = performance.now();
    ms.push(now - from);
    if (!isGood) bad++;
    from = now;
    return ms.length < requests;
  });
  return { ms, bad };
}

/** Asks on one connection; `answered` says whether to go on. Resolves when it does not. */
function converse(question: Question, answered: (isGood: boolean) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const reader = new AnswerReader(question.ending);
    Bun.connect({
      hostname: "127.0.0.1",
      port: question.port,
      socket: {
        open: (socket) => ask(socket, question.bytes),
        data(socket, bytes) {
          if (!reader.feed(bytes)) return;
          if (answered(reader.isGood)) ask(socket, question.bytes);
          else {
            resolve();
            socket.end();
          }
        },
        close: () => reject(new Error(`the server on port ${question.port} closed the connection in mid-answer`)),
        connectError: (_, error) => reject(error),
      },
    }).catch(reject);
  });
}

function ask(socket: Socket, bytes: Buffer): void {
  if (socket.write(bytes) !== bytes.length) throw new Error("the request does not fit into the socket's buffer");
}

export function request(path: string, headers: Record<string, string>, body: string): Buffer {
  const lines = Object.entries({ host: "127.0.0.1", ...headers, "content-length": String(Buffer.byteLength(body)) });
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${body}`,
  );
}
