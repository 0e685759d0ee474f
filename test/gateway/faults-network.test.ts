import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Socket } from "bun";
import { createPublicLookup } from "~/credentials/address.ts";
import type { GatewayError } from "~/errors.ts";
import { createCall, type Patience } from "~/gateway/call.ts";
import { Leaving } from "~/left.ts";
import type { Outgoing } from "~/upstreams/upstream.ts";
import { makeCertificate } from "../helpers/certificate.ts";
import { type HeldClock, holdClock } from "../helpers/clock.ts";
import { startConnectProxy } from "../helpers/connect-proxy.ts";
import { closedPort } from "../helpers/ports.ts";
import { has, testWith } from "../helpers/programs.ts";

const patient: Patience = { headersMs: 5_000, idleMs: 5_000, totalMs: null };
const brief: Patience = { headersMs: 200, idleMs: 200, totalMs: null };
const stays = new AbortController().signal;
const post = (url: string): Outgoing => ({ method: "POST", url, headers: {}, body: "{}" });
const direct = createCall({ proxy: null }, holdClock());

/** Everything that the tests have opened, closed at the end. */
const open: { stop(force?: boolean): unknown }[] = [];
afterAll(() => {
  for (const server of open) server.stop(true);
});

/** A server that knows no HTTP: `answer` does what it likes with the socket when something arrives. */
function listen(answer: (socket: Socket, nth: number) => void): string {
  let count = 0;
  const server = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: { data: (socket) => answer(socket, ++count), error() {} },
  });
  open.push(server);
  return `http://127.0.0.1:${server.port}/v1/chat/completions`;
}

async function failureOf(promise: Promise<unknown>): Promise<GatewayError> {
  try {
    await promise;
  } catch (error) {
    return error as GatewayError;
  }
  throw new Error("nothing failed");
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  let text = "";
  for await (const bytes of body) text += Buffer.from(bytes).toString();
  return text;
}

const head = (headers = "content-length: 2") => `HTTP/1.1 200 OK\r\n${headers}\r\n\r\n`;

test("a refused connection, a name without an address and a name server's silence are told apart", async () => {
  const refused = await failureOf(direct(post(`http://127.0.0.1:${closedPort()}/`), "zai", patient, stays));
  expect([refused.kind, refused.upstreamCode]).toEqual(["upstream_unreachable", "ECONNREFUSED"]);
  expect(refused.message).toContain("nobody listens there");
  const nameless = await failureOf(direct(post("http://nowhere.invalid/"), "zai", patient, stays));
  expect([nameless.kind, nameless.status]).toEqual(["upstream_unreachable", 502]);
  expect(nameless.message).toContain("(nowhere.invalid)");
  expect(nameless.message).toContain("DNS");
});

test("what a look-up gave is dialled, address by address, under the name that was asked for", async () => {
  const heads: string[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch(request) {
      heads.push(request.headers.get("host") ?? "");
      return new Response("ok");
    },
  });
  open.push(server);
  // Nobody else can tell where this name leads; at the first of its addresses nobody listens.
  const lookUp = async (host: string) => (host === "api.example" ? ["127.0.0.2", "127.0.0.1"] : []);
  const call = createCall({ proxy: null, lookUp }, holdClock());
  const answer = await call(post(`http://api.example:${server.port}/v1`), "zai", patient, stays);
  expect(await textOf(answer.body)).toBe("ok");
  expect(heads).toEqual([`api.example:${server.port}`]);
});

test("a name that leads into a private network is not dialled, and a look-up that hangs is given up", async () => {
  const clock = holdClock();
  const guarded = (resolve: () => Promise<string[]>) =>
    createCall({ proxy: null, lookUp: createPublicLookup(resolve, clock) }, clock);
  const turned = await failureOf(
    guarded(async () => ["127.0.0.1"])(post("http://sly.example/"), "zai", patient, stays),
  );
  expect([turned.kind, turned.upstreamCode]).toEqual(["upstream_unreachable", "PRIVATE_ADDRESS"]);
  expect(turned.message).toContain("ALLOW_PRIVATE_UPSTREAMS");
  const hanging = guarded(() => new Promise(() => {}));
  expect((await failureOf(hanging(post("http://slow.example/"), "zai", brief, stays))).kind).toBe("upstream_timeout");
  const leaving = AbortSignal.timeout(20);
  expect(await failureOf(hanging(post("http://slow.example/"), "zai", patient, leaving))).toBe(leaving.reason);
});

test("a certificate that nobody has signed, one for another name, and a port without TLS are refused in words", async () => {
  const { cert, key } = makeCertificate();
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, tls: { cert, key }, fetch: () => new Response("ok") });
  open.push(server);
  const selfSigned = await failureOf(direct(post(`https://localhost:${server.port}/`), "zai", patient, stays));
  expect(selfSigned.message).toContain("its TLS certificate does not stand the check (DEPTH_ZERO_SELF_SIGNED_CERT)");
  const plain = listen((socket) => {
    socket.write("HTTP/1.1 400 Bad Request\r\n\r\n");
    socket.end();
  }).replace("http:", "https:");
  expect((await failureOf(direct(post(plain), "zai", patient, stays))).message).toContain("does it speak https");
});

test("a connection that is reset or closed instead of an answer is an error, unless it had been kept: then it is dialled once more", async () => {
  for (const end of [(socket: Socket) => socket.terminate(), (socket: Socket) => socket.end()]) {
    const peers: number[] = [];
    const url = listen((socket, nth) => {
      peers.push(socket.remotePort);
      if (nth === 1) socket.write(`${head()}ok`);
      else end(socket);
    });
    expect(await textOf((await direct(post(url), "zai", patient, stays)).body)).toBe("ok");
    const error = await failureOf(direct(post(url), "zai", patient, stays));
    expect([error.kind, error.upstreamCode]).toEqual(["upstream_unreachable", "ECONNRESET"]);
    // The second request went out on the kept connection, and once more on a fresh one.
    expect([peers.length, new Set(peers).size]).toEqual([3, 2]);
  }
});

test("a pooled connection that the other side has closed meanwhile costs nobody an answer", async () => {
  let dialled = 0;
  const url = listen((socket) => {
    dialled++;
    // Closed in the very moment in which it could be used again.
    socket.write(`${head()}ok`);
    setTimeout(() => socket.terminate(), 5);
  });
  for (let request = 0; request < 5; request++) {
    const answer = await direct(post(url), "zai", patient, stays);
    expect(await textOf(answer.body)).toBe("ok");
    await Bun.sleep(10);
  }
  expect(dialled).toBe(5);
});

test("a connection that lay idle for half a minute is not used again, since it may be half open", async () => {
  const peers = new Set<number>();
  const url = listen((socket) => {
    peers.add(socket.remotePort);
    socket.write(`${head()}ok`);
  });
  const clock: HeldClock = holdClock();
  const call = createCall({ proxy: null }, clock);
  for (const [waitMs, connections] of [
    [0, 1],
    [10_000, 1],
    [31_000, 2],
  ] as const) {
    clock.pass(waitMs);
    await textOf((await call(post(url), "zai", patient, stays)).body);
    expect(peers.size).toBe(connections);
  }
});

test("an upstream that takes the connection and stays silent: a 504 at the limit, and the connection is gone", async () => {
  const closed = Promise.withResolvers<void>();
  const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {}, close: () => closed.resolve() } });
  open.push(server);
  const error = await failureOf(direct(post(`http://127.0.0.1:${server.port}/`), "zai", brief, stays));
  expect([error.kind, error.status]).toEqual(["upstream_timeout", 504]);
  await closed.promise;
});

test("silence behind the head, and a half-closed connection, end with the idle limit or an early end", async () => {
  const silent = listen((socket) => void socket.write(head("content-length: 20")));
  const answer = await direct(post(silent), "zai", brief, stays);
  expect((await failureOf(textOf(answer.body))).kind).toBe("upstream_timeout");
  const halfClosed = listen((socket) => {
    socket.write(`${head("content-length: 20")}only this`);
    socket.shutdown();
  });
  const broken = await direct(post(halfClosed), "zai", brief, stays);
  expect((await failureOf(textOf(broken.body))).kind).toMatch(/^upstream_(incomplete|timeout)$/);
});

test("a client that does not take what there is does not make the upstream a silent one", async () => {
  const url = listen((socket) => {
    socket.write(`${head("content-length: 4")}ab`);
    setTimeout(() => socket.write("cd"), 50);
  });
  const { body } = await direct(post(url), "zai", { ...brief, idleMs: 100 }, stays);
  const pieces = body[Symbol.asyncIterator]();
  expect(Buffer.from((await pieces.next()).value!).toString()).toBe("ab");
  await Bun.sleep(300);
  expect(Buffer.from((await pieces.next()).value!).toString()).toBe("cd");
});

test("a client that leaves ends the call, before the head and in mid-answer", async () => {
  for (const answer of [() => {}, (socket: Socket) => void socket.write(`${head("content-length: 20")}a`)]) {
    const closed = Promise.withResolvers<void>();
    const server = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: { data: answer, close: () => closed.resolve() },
    });
    open.push(server);
    const leaving = new AbortController();
    const reason = new Error("left");
    const called = direct(post(`http://127.0.0.1:${server.port}/`), "zai", patient, leaving.signal);
    const read = called.then(({ body }) => textOf(body));
    setTimeout(() => leaving.abort(reason), 50);
    expect(await failureOf(read)).toBe(reason as GatewayError);
    await closed.promise;
  }
});

test("a request that cannot be written is refused, and leaves nothing behind", async () => {
  const leaving = new Leaving();
  const outgoing = { ...post("http://127.0.0.1:1/"), headers: { authorization: "Bearer \u2192" } };
  const limits = { headersMs: 20, idleMs: 20, totalMs: 30 };
  await expect(direct(outgoing, "zai", limits, leaving)).rejects.toThrow("authorization cannot be sent");
  leaving.abort(new Error("left"));
  await Bun.sleep(50);
});

test("redirects are not followed, and trailers change nothing", async () => {
  const asked: string[] = [];
  const target = listen((socket) => {
    asked.push("target");
    socket.write(`${head()}no`);
  });
  const moved = listen((socket) => {
    socket.write(`HTTP/1.1 307 Temporary Redirect\r\nlocation: ${target}\r\ncontent-length: 0\r\n\r\n`);
  });
  const answer = await direct(post(moved), "zai", patient, stays);
  expect(answer.status).toBe(307);
  await textOf(answer.body);
  expect(asked).toEqual([]);
  const trailing = listen((socket) => {
    socket.write(`${head("transfer-encoding: chunked\r\ntrailer: x-sum")}2\r\nok\r\n0\r\nx-sum: 1\r\n\r\n`);
  });
  expect(await textOf((await direct(post(trailing), "zai", patient, stays)).body)).toBe("ok");
});

test("an answer that is compressed although nobody asked for it is read all the same", async () => {
  const zipped = Buffer.from(Bun.gzipSync(Buffer.from("squeezed")));
  const url = listen((socket) => {
    socket.write(`${head(`content-encoding: gzip\r\ncontent-length: ${zipped.length}`)}`);
    socket.write(zipped);
  });
  expect(await textOf((await direct(post(url), "zai", patient, stays)).body)).toBe("squeezed");
});

test("an answer whose encoding is a lie is an error, not garbage", async () => {
  const url = listen((socket) => {
    socket.write(`${head("content-encoding: gzip\r\ncontent-length: 8")}not gzip`);
  });
  const outcome = direct(post(url), "zai", patient, stays).then(({ body }) => textOf(body));
  expect((await failureOf(outcome)).kind).toMatch(/^upstream_(incomplete|unreachable)$/);
});

test("a head without an end, and a body that would unfold to any size, cost no memory to speak of", async () => {
  const endless = listen((socket) => {
    socket.write("HTTP/1.1 200 OK\r\n");
    const field = `x-more: ${"y".repeat(8_000)}\r\n`;
    const timer = setInterval(() => {
      for (let times = 0; times < 50; times++) if (socket.write(field) < field.length) clearInterval(timer);
    }, 1);
    setTimeout(() => clearInterval(timer), 1_000);
  });
  const error = await failureOf(direct(post(endless), "zai", patient, stays));
  expect(error.kind).toBe("upstream_unreachable");
  expect(error.message).toContain("its head has no end");

  const zipped = Buffer.from(Bun.gzipSync(Buffer.alloc(64 << 20)));
  const bomb = listen((socket) => {
    socket.write(head(`content-encoding: gzip\r\ncontent-length: ${zipped.length}`));
    socket.write(zipped);
  });
  for (const totalMs of [null, 5_000]) {
    let pieces = 0;
    for await (const bytes of (await direct(post(bomb), "zai", { ...patient, totalMs }, stays)).body) {
      expect(bytes.length).toBeLessThan(1 << 20);
      // Meanwhile the rest must not unfold in memory.
      if (pieces === 1) await Bun.sleep(200);
      // Whoever reads it counts, and leaves when it is enough.
      if (++pieces === 20) break;
    }
    expect(pieces).toBe(20);
  }
});

test("an answer that is too large is hung up on, and nobody waits for its end", async () => {
  const closed = Promise.withResolvers<void>();
  const server = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      data: (socket) => void socket.write(`${head("content-length: 20")}too much`),
      close: () => closed.resolve(),
    },
  });
  open.push(server);
  const left = new Leaving();
  const listeners = new Set<() => void>();
  left.addEventListener = (_, listener) => void listeners.add(listener);
  left.removeEventListener = (_, listener) => void listeners.delete(listener);
  const { body } = await direct(post(`http://127.0.0.1:${server.port}/`), "zai", patient, left);
  expect(listeners.size).toBe(1);
  expect((await failureOf(body.whole(4))).message).toContain("too large");
  await closed.promise;
  expect(listeners.size).toBe(0);
});

let certificate: ReturnType<typeof makeCertificate>;
beforeAll(() => {
  if (has("openssl")) certificate = makeCertificate();
});

testWith("openssl")(
  "through an HTTP proxy the upstream is reached by a tunnel, and TLS is checked at its far end",
  async () => {
    const { cert, key, path } = certificate;
    const server = Bun.serve({ hostname: "127.0.0.1", port: 0, tls: { cert, key }, fetch: () => new Response("ok") });
    const proxy = await startConnectProxy();
    open.push(server, proxy);
    const withPassword = proxy.url.replace("http://", "http://me:word@");
    const call = createCall({ proxy: withPassword }, holdClock());
    const url = `https://localhost:${server.port}/api/paas/v4/models`;
    const distrusted = await failureOf(call(post(url), "zai", patient, stays));
    expect(distrusted.message).toContain("SELF_SIGNED");
    expect(distrusted.message).not.toContain("word");
    expect(proxy.asked[0]![0]).toBe(`CONNECT localhost:${server.port} HTTP/1.1`);
    expect(proxy.asked[0]).toContain(`Proxy-Authorization: Basic ${btoa("me:word")}`);
    expect(proxy.asked.flat().join("\n")).not.toContain("/api/paas");

    expect(await callTrusting(path, `{ proxy: ${JSON.stringify(withPassword)} }`, [url])).toBe("200 ok\n");
  },
);

testWith("openssl")(
  "a trusted certificate for another name is refused as well, straight and through a tunnel, also one within TLS",
  async () => {
    const { cert, key, path } = certificate;
    const server = Bun.serve({ hostname: "127.0.0.1", port: 0, tls: { cert, key }, fetch: () => new Response("ok") });
    const proxy = await startConnectProxy();
    const secureProxy = await startConnectProxy(null, { cert, key });
    open.push(server, proxy, secureProxy);
    const urls = ["localhost", "127.0.0.1"].map((name) => `https://${name}:${server.port}/`);
    for (const through of [null, proxy.url, secureProxy.url]) {
      const outcome = await callTrusting(path, `{ proxy: ${JSON.stringify(through)} }`, urls);
      expect(outcome).toBe("200 ok\nERR_TLS_CERT_ALTNAME_INVALID\n");
    }
  },
);

testWith("openssl")("where the look-up's address is dialled, the certificate is checked for the name", async () => {
  const { cert, key, path } = certificate;
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, tls: { cert, key }, fetch: () => new Response("ok") });
  open.push(server);
  const urls = ["localhost", "other.example", "localhost"].map((name) => `https://${name}:${server.port}/`);
  expect(await callTrusting(path, `{ proxy: null, lookUp: async () => ["127.0.0.1"] }`, urls)).toBe(
    "200 ok\nERR_TLS_CERT_ALTNAME_INVALID\n200 ok\n",
  );
});

/** What comes of calls where a certificate's maker is trusted: the runtime reads those at its start, so in another process. */
async function callTrusting(path: string, ways: string, urls: string[]): Promise<string> {
  const script = `
    import { createCall } from "~/gateway/call.ts";
    import { systemClock } from "~/clock.ts";
    const call = createCall(${ways}, systemClock);
    const patience = { headersMs: 5000, idleMs: 5000, totalMs: null };
    for (const url of ${JSON.stringify(urls)}) {
      try {
        const outgoing = { method: "POST", url, headers: {}, body: "{}" };
        const { status, body } = await call(outgoing, "zai", patience, new AbortController().signal);
        for await (const bytes of body) console.log(status, Buffer.from(bytes).toString());
      } catch (error) {
        console.log(error.upstreamCode);
      }
    }
    process.exit();`;
  const child = Bun.spawn([process.execPath, "-e", script], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: path },
    cwd: `${import.meta.dir}/../..`,
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return out + err;
}

test("a proxy that is not there, or opens no tunnel, is named, and never its password", async () => {
  const nobody = createCall({ proxy: `http://me:word@127.0.0.1:${closedPort()}` }, holdClock());
  const refused = await failureOf(nobody(post("https://upstream.example/"), "zai", patient, stays));
  expect(refused.message).toMatch(/through the proxy 127\.0\.0\.1:\d+: nobody listens there/);
  const proxy = await startConnectProxy("407 Proxy Authentication Required");
  open.push(proxy);
  const call = createCall({ proxy: proxy.url.replace("http://", "http://me:word@") }, holdClock());
  const error = await failureOf(call(post("https://upstream.example/"), "zai", patient, stays));
  expect(error.message).toContain("the proxy opened no tunnel to it");
  expect(error.message).not.toContain("word");
});

testWith("openssl")("a proxy whose own certificate does not stand the check is told nothing", async () => {
  const proxy = await startConnectProxy(null, certificate);
  open.push(proxy);
  const call = createCall({ proxy: proxy.url.replace("https://", "https://me:word@") }, holdClock());
  for (const url of ["https://upstream.example/", "http://upstream.example/"]) {
    const error = await failureOf(call(post(url), "zai", patient, stays));
    expect(error.upstreamCode).toBe("DEPTH_ZERO_SELF_SIGNED_CERT");
  }
  expect(proxy.asked).toEqual([]);
});
