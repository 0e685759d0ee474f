import type { SocketHandler } from "bun";
import { AnswerReader } from "./answer.ts";
import { Connection, type Wire } from "./connection.ts";
import { openNestedTls } from "./nested-tls.ts";
import { type Origin, readAddress } from "./origin.ts";

export interface Dialled {
  /** Resolves when it may carry a request: connected, and where it is secure, with a certificate that stands the check. */
  connection: Promise<Connection>;
  /** Nobody needs it any more. */
  giveUp(): void;
}

/** How connections come about. */
export interface Ways {
  /**
   * An HTTP proxy. Secure origins are reached through a tunnel that it opens
   * (https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6), others by asking it for them.
   */
  proxy: string | null;
  /** Says at which addresses a host may be dialled, and rejects where at none; null leaves names to the runtime. */
  lookUp: ((host: string) => Promise<string[]>) | null;
}

/** Who keeps it afterwards. */
interface Owner {
  freed(connection: Connection): void;
  closed(connection: Connection): void;
}

/**
 * Opens a connection. Certificates are always verified against the host's name (NODE_EXTRA_CA_CERTS adds an owner's own
 * authority).
 */
export function dial(origin: Origin, { proxy, lookUp }: Ways, owner: Owner): Dialled {
  const opened = Promise.withResolvers<Connection>();
  const sockets = new Set<Pick<Wire, "terminate">>();
  let connection: Connection | null = null;
  let isGivenUp = false;

  function giveUp(): void {
    isGivenUp = true;
    for (const socket of sockets) socket.terminate();
  }

  /** One that nobody needs any more may open yet. */
  function opens(socket: Pick<Wire, "terminate">): void {
    if (isGivenUp) socket.terminate();
    else sockets.add(socket);
  }

  function fail(error: unknown): void {
    opened.reject(error);
    giveUp();
  }

  function ready(wire: Wire): void {
    // TLS may shake hands more than once.
    if (isGivenUp || connection !== null) return;
    connection = new Connection(origin, wire, owner.freed, owner.closed);
    opened.resolve(connection);
  }

  /** The socket is gone; `what` it means where it carried nothing yet. */
  const lost = (what: string) => (_: unknown, error?: unknown) => {
    if (connection !== null) connection.lost(error ?? null);
    else fail(withCode(error, what));
  };

  /** A socket that carries requests as soon as it is open. */
  const plain: SocketHandler<unknown> = {
    binaryType: "buffer",
    open(socket) {
      opens(socket);
      ready(socket);
    },
    data: (_, bytes) => connection?.heard(bytes as Buffer),
    drain: () => connection?.flush(),
    end: lost("ECONNRESET"),
    close: lost("ECONNRESET"),
    error: lost("ECONNRESET"),
    connectError: (_, error) => fail(error),
  };

  /** One that does so when its peer has shown who it is: not a byte of ours leaves before that. */
  const secure: SocketHandler<unknown> = {
    ...plain,
    open: opens,
    handshake(socket, isVerified, error) {
      if (isVerified) ready(socket);
      else fail(withCode(error, "EPROTO"));
    },
  };

  /** The proxy's answer, where that is no success. */
  const refused = (status: number) => fail(withCode(new Error(`The proxy answered ${status}`), "ERR_PROXY_TUNNEL"));

  /** One that leads to a proxy, and becomes a secure one behind it. */
  function tunnel(through: string): SocketHandler<unknown> {
    const reader = new AnswerReader();
    let isOpen = false;
    const closed = (_: unknown, error?: unknown) => {
      if (!isOpen) fail(withCode(error, "ERR_PROXY_TUNNEL"));
    };
    return {
      ...plain,
      open(socket) {
        opens(socket);
        reader.expect({
          head({ status }) {
            if (status >= 200 && status < 300) isOpen = true;
            else refused(status);
          },
          body() {},
          end() {},
        });
        socket.write(tunnelRequest(origin, through));
      },
      data(socket, bytes) {
        // Once it is open, what comes is for the socket that is wrapped around this one.
        if (isOpen || isGivenUp) return;
        try {
          reader.feed(bytes as Buffer);
        } catch (error) {
          fail(withCode(error, "ERR_PROXY_TUNNEL"));
        }
        if (isOpen) socket.upgradeTLS({ data: undefined, tls: tlsFor(origin), socket: secure });
      },
      drain() {},
      end: closed,
      close: closed,
      error: closed,
    };
  }

  async function open(): Promise<void> {
    if (proxy !== null) {
      const peer = readAddress(proxy).origin;
      if (peer.isSecure && origin.isSecure) {
        const gone = lost("ERR_PROXY_TUNNEL");
        const told = {
          ready,
          data: (bytes: Buffer) => connection?.heard(bytes),
          drain: () => connection?.flush(),
          refused,
          lost: (error: unknown) => gone(null, error),
        };
        opens(openNestedTls(peer, origin, tunnelRequest(origin, proxy), told));
        return;
      }
      const tls = peer.isSecure ? { tls: tlsFor(peer) } : {};
      const socket = origin.isSecure ? tunnel(proxy) : peer.isSecure ? secure : plain;
      await Bun.connect({ hostname: peer.hostname, port: peer.port, ...tls, socket });
      return;
    }
    const { hostname, port, isSecure } = origin;
    const hosts = lookUp === null ? [hostname] : await lookUp(hostname.replace(/\.$/, ""));
    const tls = isSecure ? { tls: tlsFor(origin) } : {};
    for (const [at, host] of hosts.entries()) {
      if (isGivenUp) return;
      // Whoever is not there leaves it to the next address; only the last one's failure is everybody's.
      const isLast = at === hosts.length - 1;
      const socket = { ...(isSecure ? secure : plain), ...(!isLast && { connectError() {} }) };
      try {
        await Bun.connect({ hostname: host, port, ...tls, socket });
        return;
      } catch (error) {
        if (isLast) throw error;
      }
    }
  }

  open().catch(fail);
  return { connection: opened.promise, giveUp };
}

const tlsFor = ({ hostname }: Origin) => ({ serverName: hostname, rejectUnauthorized: true });

/** https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6 */
function tunnelRequest({ hostname, port }: Origin, proxy: string): string {
  const host = `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
  return [`CONNECT ${host} HTTP/1.1`, `Host: ${host}`, ...proxyAuthorization(proxy), "", ""].join("\r\n");
}

/** https://www.rfc-editor.org/rfc/rfc9110#field.proxy-authorization */
export function proxyAuthorization(proxy: string): string[] {
  const { username, password } = new URL(proxy);
  if (username === "" && password === "") return [];
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return [`Proxy-Authorization: Basic ${Buffer.from(pair).toString("base64")}`];
}

/** What went wrong, with a code of its own or this one. */
function withCode(error: unknown, code: string): Error {
  const own = error instanceof Error ? error : new Error("The connection was closed");
  return (own as { code?: unknown }).code ? own : Object.assign(own, { code });
}
