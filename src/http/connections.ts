import type { AnswerHead } from "./answer.ts";
import type { Connection, Listener } from "./connection.ts";
import { type Dialled, dial, proxyAuthorization, type Ways } from "./dial.ts";
import { type Address, type Origin, readAddress } from "./origin.ts";

export type { AnswerHead, Listener };

export interface HttpRequest {
  method: string;
  url: string;
  /** Values of one line. */
  headers: Record<string, string>;
  /** A list is its pieces in their order. */
  body: string | Uint8Array | readonly (string | Uint8Array)[] | null;
}

/** A request that is on its way. */
export interface Running {
  /** Ends it; its listener hears no more. */
  hangUp(): void;
  /** Takes no more of the answer until `resume`. */
  pause(): void;
  resume(): void;
}

export interface Http {
  /** Throws where the request is none: no address, a header of several lines. */
  request(request: HttpRequest, listener: Listener): Running;
  /** Connections that wait for their next request. */
  readonly idle: number;
}

/** A connection that lay idle for longer may be half open by now, and is not used again. */
const freshMs = 30_000;

/** HTTP/1.1 to upstreams, over connections that are kept. */
export function createHttp(ways: Ways, tick: () => number): Http {
  /** By origin; the last one used stands last, and is used first. */
  const idle = new Map<string, Connection[]>();
  let isSwept = false;

  function takeIdle({ name }: Origin): Connection | null {
    const list = idle.get(name);
    for (let connection = list?.pop(); connection; connection = list?.pop()) {
      if (tick() - connection.idleSince < freshMs) return connection;
      connection.hangUp();
    }
    return null;
  }

  function keep(connection: Connection): void {
    if (!connection.isReusable) {
      connection.hangUp();
      return;
    }
    connection.idleSince = tick();
    const list = idle.get(connection.origin.name);
    if (list) list.push(connection);
    else idle.set(connection.origin.name, [connection]);
    if (isSwept) return;
    isSwept = true;
    setInterval(dropStale, freshMs).unref();
  }

  function drop(connection: Connection): void {
    const { name } = connection.origin;
    const list = idle.get(name);
    if (list === undefined) return;
    const at = list.indexOf(connection);
    if (at >= 0) list.splice(at, 1);
    if (list.length === 0) idle.delete(name);
  }

  function dropStale(): void {
    for (const list of idle.values()) {
      for (const connection of [...list]) if (tick() - connection.idleSince >= freshMs) connection.hangUp();
    }
  }

  const owner = { freed: keep, closed: drop };
  return {
    request(request, listener) {
      const address = readAddress(request.url);
      const parts = writeRequest(request, address, ways.proxy);
      const carried = new Carried(parts, listener, () => dial(address.origin, ways, owner));
      carried.begin(takeIdle(address.origin));
      return carried;
    },
    get idle() {
      return [...idle.values()].reduce((sum, list) => sum + list.length, 0);
    },
  };
}

/** A request and the connection that carries it: one that was kept, or where that was closed meanwhile, a new one. */
class Carried implements Running, Listener {
  #connection: Connection | null = null;
  #dialled: Dialled | null = null;
  #isOver = false;

  constructor(
    private readonly parts: readonly (string | Uint8Array)[],
    private readonly listener: Listener,
    private readonly dial: () => Dialled,
  ) {}

  begin(kept: Connection | null): void {
    if (kept === null) this.#open();
    else this.#start(kept);
  }

  #open(): void {
    this.#connection = null;
    this.#dialled = this.dial();
    this.#dialled.connection.then(
      (opened) => this.#start(opened),
      (error) => this.failed(error),
    );
  }

  #start(opened: Connection): void {
    if (this.#isOver) {
      opened.hangUp();
      return;
    }
    this.#dialled = null;
    this.#connection = opened;
    opened.ask(this.parts, this);
  }

  head(head: AnswerHead): void {
    this.listener.head(head);
  }

  body(bytes: Buffer): void {
    this.listener.body(bytes);
  }

  end(): void {
    this.#isOver = true;
    // Others have it from here on.
    this.#connection = null;
    this.listener.end();
  }

  failed(error: unknown): void {
    if (this.#isOver) return;
    const connection = this.#connection;
    // One that lay idle may have been closed in the moment of its use, and the request was not read then.
    if (connection !== null && connection.asked > 1 && !connection.hasAnswered) {
      this.#open();
      return;
    }
    this.#isOver = true;
    this.listener.failed(error);
  }

  hangUp(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#dialled?.giveUp();
    this.#connection?.hangUp();
  }

  pause(): void {
    this.#connection?.pause();
  }

  resume(): void {
    this.#connection?.resume();
  }
}

/** Head and body in the order in which they go on the wire. */
function writeRequest({ method, headers, body }: HttpRequest, address: Address, proxy: string | null) {
  const { origin, host, path } = address;
  const isAskedFor = proxy !== null && !origin.isSecure;
  let head = `${method} ${isAskedFor ? `http://${host}${path}` : path} HTTP/1.1\r\nhost: ${host}\r\n`;
  for (const name in headers) {
    const value = headers[name]!;
    if (!isToken.test(name) || !isOneLine.test(value)) throw new TypeError(`The header ${name} cannot be sent`);
    head += `${name}: ${value}\r\n`;
  }
  if (isAskedFor) for (const line of proxyAuthorization(proxy)) head += `${line}\r\n`;
  const pieces: readonly (string | Uint8Array)[] = Array.isArray(body) ? body : body === null ? [] : [body];
  if (body !== null || method !== "GET") head += `content-length: ${pieces.reduce(addLength, 0)}\r\n`;
  return [Buffer.from(`${head}\r\n`, "latin1"), ...pieces];
}

const addLength = (sum: number, piece: string | Uint8Array): number =>
  sum + (typeof piece === "string" ? Buffer.byteLength(piece) : piece.length);

// Anything else could be read as something else. https://www.rfc-editor.org/rfc/rfc9110#section-5
const isToken = /^[\w!#$%&'*+.^`|~-]+$/;
const isOneLine = /^[\t\x20-\x7e\x80-\xff]*$/;
