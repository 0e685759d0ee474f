import type { Socket } from "bun";

/**
 * HTTP/1.1 on bare sockets: a server that can also break off, fall silent and reset, which well-behaved ones cannot.
 * It knows what the simulated upstream needs and no more: bodies with a length, answers with a length or in chunks,
 * one request at a time on a connection.
 */
export function listen(options: { hostname: string; port: number; answer: (exchange: Exchange) => void }): Listener {
  const server = Bun.listen<Line>({
    hostname: options.hostname,
    port: options.port,
    socket: {
      open(socket) {
        socket.data = { arrived: [], size: 0, request: null, waiting: [], flushed: null, exchange: null };
      },
      data(socket, bytes) {
        socket.data.arrived.push(bytes);
        socket.data.size += bytes.byteLength;
        read(socket, options.answer);
      },
      drain: flush,
      close(socket) {
        socket.data.exchange?.leave();
        socket.data.flushed?.();
      },
      // A peer that resets is part of the game: `close` follows and tells the exchange.
      error() {},
    },
  });
  return { port: server.port, stop: () => server.stop(true) };
}

export interface Listener {
  port: number;
  stop(): void;
}

/** One request and the answer to it. */
export interface Exchange {
  readonly method: string;
  /** As it stands in the request line, query included. */
  readonly path: string;
  readonly body: Buffer;
  header(name: string): string | null;
  headers(): Record<string, string>;
  /** Whether the client went away before its answer was whole. */
  hasLeft(): boolean;
  onLeave(listener: () => void): void;
  /** Sends the head. Without a length, the body goes out in chunks. */
  start(status: number, headers: Record<string, string>, length?: number): void;
  /** Resolves when the system has taken the bytes, or the client has left. */
  send(bytes: Uint8Array | string): Promise<void>;
  /** Ends the answer as HTTP wants it and keeps the connection. */
  finish(): void;
  /** Closes the connection politely, whatever the answer still lacks. */
  close(): void;
  /** Resets the connection. */
  reset(): void;
  /** Writes bytes as they are: a whole prepared answer, head included. Nothing else may be called then but `done`. */
  raw(bytes: Uint8Array): void;
  done(): void;
}

/** What belongs to one connection. */
interface Line {
  arrived: Buffer[];
  size: number;
  request: { head: string; bodyAt: number; end: number } | null;
  waiting: Uint8Array[];
  flushed: (() => void) | null;
  exchange: (Exchange & { leave(): void }) | null;
}

type Connection = Socket<Line>;

const MAX_BODY = 256 * 1024 * 1024;

function read(socket: Connection, answer: (exchange: Exchange) => void): void {
  const line = socket.data;
  if (line.exchange !== null || line.size === 0) return;
  line.request ??= readHead(socket);
  if (line.request === null || line.size < line.request.end) return;

  const { head, bodyAt, end } = line.request;
  const bytes = whole(line);
  line.request = null;
  line.size -= end;
  line.arrived = line.size > 0 ? [bytes.subarray(end)] : [];
  line.exchange = createExchange(socket, head, bytes.subarray(bodyAt, end), () => {
    line.exchange = null;
    read(socket, answer);
  });
  answer(line.exchange);
}

function readHead(socket: Connection): Line["request"] {
  const bytes = whole(socket.data);
  const at = bytes.indexOf("\r\n\r\n");
  if (at === -1) return null;
  const head = bytes.toString("latin1", 0, at);
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
  if (/\r\ntransfer-encoding:/i.test(head) || length > MAX_BODY) {
    socket.end("HTTP/1.1 411 Length Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    return null;
  }
  if (/\r\nexpect: *100-continue/i.test(head)) put(socket, Buffer.from("HTTP/1.1 100 Continue\r\n\r\n"));
  return { head, bodyAt: at + 4, end: at + 4 + length };
}

function whole(line: Line): Buffer {
  const bytes = line.arrived.length === 1 ? line.arrived[0]! : Buffer.concat(line.arrived);
  line.arrived = [bytes];
  return bytes;
}

function createExchange(
  socket: Connection,
  head: string,
  body: Buffer,
  next: () => void,
): NonNullable<Line["exchange"]> {
  const [method = "", path = ""] = head.slice(0, head.indexOf("\r\n")).split(" ", 2);
  const leaving: (() => void)[] = [];
  let isChunked = false;
  let isOver = false;
  let hasLeft = false;

  const over = (): boolean => {
    const first = !isOver;
    isOver = true;
    return first;
  };
  return {
    method,
    path,
    body,
    header: (name) => headersOf(head)[name.toLowerCase()] ?? null,
    headers: () => headersOf(head),
    hasLeft: () => hasLeft,
    onLeave: (listener) => leaving.push(listener),
    start(status, headers, length) {
      isChunked = length === undefined;
      const fields = {
        ...headers,
        ...(isChunked ? { "Transfer-Encoding": "chunked" } : { "Content-Length": `${length}` }),
      };
      const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
      put(socket, Buffer.from(`HTTP/1.1 ${status} ${phrases[status] ?? "Unknown"}\r\n${lines.join("")}\r\n`));
    },
    send(data) {
      const bytes = typeof data === "string" ? Buffer.from(data) : data;
      if (isOver || bytes.byteLength === 0) return Promise.resolve();
      return put(socket, isChunked ? chunk(bytes) : bytes);
    },
    finish() {
      if (!over()) return;
      if (isChunked) put(socket, Buffer.from("0\r\n\r\n"));
      next();
    },
    close() {
      if (over()) socket.end();
    },
    reset() {
      if (over()) socket.terminate();
    },
    raw: (bytes) => void put(socket, bytes),
    done() {
      if (over()) next();
    },
    leave() {
      if (!over()) return;
      hasLeft = true;
      for (const listener of leaving) listener();
    },
  };
}

function headersOf(head: string): Record<string, string> {
  const lines = head.split("\r\n").slice(1);
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
  );
}

export function chunk(bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${bytes.byteLength.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]);
}

/** Hands bytes to the system; what it does not take now waits for `drain`. */
function put(socket: Connection, bytes: Uint8Array): Promise<void> {
  const line = socket.data;
  if (line.waiting.length === 0) {
    const taken = socket.write(bytes);
    if (taken < 0 || taken >= bytes.byteLength) return Promise.resolve();
    line.waiting.push(bytes.subarray(taken));
  } else line.waiting.push(bytes);
  return new Promise((resolve) => {
    const before = line.flushed;
    line.flushed = () => {
      before?.();
      resolve();
    };
  });
}

function flush(socket: Connection): void {
  const line = socket.data;
  while (line.waiting.length > 0) {
    const bytes = line.waiting[0]!;
    const taken = socket.write(bytes);
    if (taken < 0) break;
    if (taken < bytes.byteLength) {
      line.waiting[0] = bytes.subarray(taken);
      return;
    }
    line.waiting.shift();
  }
  line.flushed?.();
  line.flushed = null;
}

const phrases: Record<number, string> = {
  200: "OK",
  302: "Found",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  426: "Upgrade Required",
  429: "Too Many Requests",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  529: "Site Overloaded",
};
