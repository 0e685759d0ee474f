import { isIP } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { AnswerReader } from "./answer.ts";
import type { Wire } from "./connection.ts";
import type { Origin } from "./origin.ts";

interface Told {
  /** Both ends of the tunnel have shown who they are. */
  ready(wire: Wire): void;
  data(bytes: Buffer): void;
  drain(): void;
  /** The proxy answered something else than success. */
  refused(status: number): void;
  /** It is over; null where nothing went wrong. */
  lost(error: unknown): void;
}

/**
 * A secure connection through a proxy that is spoken to in TLS itself. The runtime's own sockets put no TLS into TLS;
 * Node's do. `request` asks the proxy for the tunnel.
 */
export function openNestedTls(proxy: Origin, origin: Origin, request: string, told: Told): Pick<Wire, "terminate"> {
  const outer = connect({ ...peerOf(proxy), port: proxy.port });
  let inner: TLSSocket | null = null;
  const reader = new AnswerReader();
  reader.expect({
    head({ status }) {
      if (status < 200 || status > 299) {
        told.refused(status);
        return;
      }
      outer.off("data", feed);
      inner = connect({ ...peerOf(origin), socket: outer });
      carry(inner, told);
    },
    body() {},
    end() {},
  });

  function feed(bytes: Buffer): void {
    try {
      reader.feed(bytes);
    } catch (error) {
      told.lost(error);
    }
  }

  function terminate(): void {
    inner?.destroy();
    outer.destroy();
  }

  outer.once("secureConnect", () => outer.write(request));
  outer.on("data", feed);
  outer.on("error", told.lost);
  outer.on("close", () => told.lost(null));
  return { terminate };

  function carry(socket: TLSSocket, { ready, data, drain, lost }: Told): void {
    const write = (bytes: Uint8Array) => {
      socket.write(Buffer.from(bytes));
      return bytes.length;
    };
    const pause = () => void socket.pause();
    const resume = () => void socket.resume();
    socket.once("secureConnect", () => ready({ write, pause, resume, terminate }));
    socket.on("data", data);
    socket.on("drain", drain);
    socket.on("error", lost);
    socket.on("end", () => lost(null));
    socket.on("close", () => lost(null));
  }
}

/** Server names are for names: an address is checked against the certificate without one. */
function peerOf({ hostname }: Origin) {
  return { host: hostname, rejectUnauthorized: true, ...(isIP(hostname) === 0 && { servername: hostname }) };
}
