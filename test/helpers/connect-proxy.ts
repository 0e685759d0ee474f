import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";

/** A real HTTP proxy that opens tunnels, and remembers to where. */
export interface ConnectProxy {
  url: string;
  /** `CONNECT host:port HTTP/1.1` and the lines behind it, of each request so far. */
  asked: string[][];
  stop(): void;
}

/**
 * `refuses` is the status line's rest that it answers instead of opening a tunnel: `407 Proxy Authentication Required`.
 * With a certificate for localhost it is spoken to in TLS.
 */
export async function startConnectProxy(
  refuses: string | null = null,
  tls: { cert: string; key: string } | null = null,
): Promise<ConnectProxy> {
  const asked: string[][] = [];
  const sockets = new Set<Socket>();
  const serve = (client: Socket) => {
    sockets.add(client);
    client.on("error", () => client.destroy());
    client.once("data", (bytes) => {
      const head = bytes.toString().split("\r\n");
      asked.push(head);
      const [, host, port] = /^CONNECT (\S+):(\d+) /.exec(head[0]!) ?? [];
      if (host === undefined || refuses !== null) {
        client.end(`HTTP/1.1 ${refuses ?? "501 Not Implemented"}\r\nContent-Length: 0\r\n\r\n`);
        return;
      }
      const target = connect(Number(port), host);
      sockets.add(target);
      target.on("connect", () => {
        client.write("HTTP/1.1 200 Connection established\r\n\r\n");
        client.pipe(target).pipe(client);
      });
      target.on("error", () => client.end("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"));
    });
  };
  const server = tls === null ? createServer(serve) : createTlsServer(tls, serve);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `${tls === null ? "http://127.0.0.1" : "https://localhost"}:${(server.address() as AddressInfo).port}`,
    asked,
    stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
