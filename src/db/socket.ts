import { once } from "node:events";
import { rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { resolve } from "node:path";
import { GatewayError, StartError } from "~/errors.ts";

/**
 * How a command line speaks to the running server: a socket in the data folder, for its owner alone. One line of JSON
 * each way: `{"command": "status", "args": {}}` → `{"ok": …}` or `{"error": "…", "zh": "…"}`.
 */
export interface Control {
  /** Answers a command. What the handler throws is answered as its message. */
  on(command: string, handler: Handler): void;
  close(): void;
}

export type Handler = (args: Record<string, unknown>) => unknown;

/** The longest path that a socket can have: sun_path of unix(7), less its closing zero. */
const longestPath = 107;
/** Characters of one line: a report is at most so long. */
const longestText = 16 * 1024 * 1024;

/** Listens. Whoever calls holds the data folder's lock, so a socket that is there already was left by a dead process. */
export async function openControl(path: string): Promise<Control> {
  if (!isWindows && Buffer.byteLength(path) > longestPath) {
    throw new StartError(`${path} is too long for a socket (${longestPath} bytes at most); set a shorter DATA_DIR`);
  }
  const handlers = new Map<string, Handler>();
  const server = createServer((socket) => {
    socket.setEncoding("utf8");
    socket.on("error", () => socket.destroy());
    eachLine(socket, async (line) => {
      const reply = await answer(handlers, line);
      socket.write(`${JSON.stringify(reply)}\n`);
    });
  });
  rmSync(path, { force: true });
  // Made with mode 0600, not changed to it later: nobody else connects in between.
  const umask = process.umask(0o177);
  try {
    server.listen(addressOf(path));
    await once(server, "listening");
  } finally {
    process.umask(umask);
  }
  return {
    on: (command, handler) => handlers.set(command, handler),
    close() {
      server.close();
      rmSync(path, { force: true });
    },
  };
}

/** The server's no, in its own words. */
export class Refusal extends Error {
  /** The same in Chinese, where somebody wrote it. */
  readonly zh: string;

  constructor(message: string, zh: unknown) {
    super(message);
    this.zh = typeof zh === "string" ? zh : message;
  }
}

/** Asks the server that holds the data folder; null where none listens. Rejects with the message that it answers. */
export async function ask(path: string, command: string, args: Record<string, unknown> = {}): Promise<unknown> {
  const socket = connect(addressOf(path));
  socket.setEncoding("utf8");
  try {
    await once(socket, "connect");
  } catch (error) {
    if (isNobodyThere(error)) return null;
    throw error;
  }
  const answered = Promise.withResolvers<string>();
  eachLine(socket, answered.resolve);
  socket.on("error", answered.reject);
  socket.on("close", () => answered.reject(new Error("the server closed the connection without an answer")));
  socket.write(`${JSON.stringify({ command, args })}\n`);
  try {
    const reply: unknown = JSON.parse(await answered.promise);
    if (isObject(reply) && "ok" in reply) return reply.ok;
    if (isObject(reply)) throw new Refusal(String(reply.error), reply.zh);
    throw new Error("the server's answer makes no sense");
  } finally {
    socket.end();
  }
}

const isWindows = process.platform === "win32";

/** Where Windows has no sockets in folders, a pipe that is named after the path. */
function addressOf(path: string): string {
  return isWindows ? `\\\\.\\pipe\\zgate-${Bun.hash(resolve(path)).toString(36)}` : path;
}

function eachLine(socket: Socket, take: (line: string) => void): void {
  let text = "";
  socket.on("data", (more: string) => {
    text += more;
    if (text.length > longestText) return socket.destroy();
    const lines = text.split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) take(line);
  });
}

function isNobodyThere(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ECONNREFUSED");
}

async function answer(
  handlers: Map<string, Handler>,
  line: string,
): Promise<{ ok: unknown } | { error: string; zh?: string }> {
  try {
    const request: unknown = JSON.parse(line);
    if (!isObject(request)) return { error: "a command is a JSON object" };
    const handler = handlers.get(String(request.command));
    if (handler === undefined) return { error: `unknown command ${String(request.command)}` };
    const args = isObject(request.args) ? request.args : {};
    return { ok: (await handler(args)) ?? null };
  } catch (error) {
    if (error instanceof GatewayError) return { error: error.message, zh: error.zh };
    return { error: error instanceof Error ? error.message : String(error) };
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
