import { afterAll, expect, test } from "bun:test";
import type { Socket } from "bun";
import { createHttp, type Http, type Listener, type Running } from "~/http/connections.ts";
import { until } from "../helpers/upstreams.ts";

/** Everything that the tests have opened, closed at the end. */
const open: { stop(force?: boolean): unknown }[] = [];
afterAll(() => {
  for (const server of open) server.stop(true);
});

/** A server that knows no HTTP: `answer` does what it likes with the socket when something arrives. */
function listen(answer: (socket: Socket, nth: number) => void) {
  let nth = 0;
  const closed = Promise.withResolvers<void>();
  const server = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      data: (socket) => answer(socket, ++nth),
      close: () => closed.resolve(),
      error() {},
    },
  });
  open.push(server);
  return { url: `http://127.0.0.1:${server.port}/`, closed: closed.promise };
}

const ask = (http: Http, url: string, listener: Listener, body: string | Uint8Array = "{}"): Running =>
  http.request({ method: "POST", url, headers: {}, body }, listener);

/** Status and body of what a request is answered. */
function heardOf(http: Http, url: string, body?: string | Uint8Array): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let text = "";
  const listener: Listener = {
    head({ status }) {
      text = `${status} `;
    },
    body(bytes) {
      text += bytes;
    },
    end: () => resolve(text),
    failed: reject,
  };
  ask(http, url, listener, body);
  return promise;
}

const direct = () => createHttp({ proxy: null, lookUp: null }, () => performance.now());
const deaf: Listener = { head() {}, body() {}, end() {}, failed() {} };
const ok = (body: string) => `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

test("an answer that is paused to its end leaves its connection to others all the same", async () => {
  const http = direct();
  const { url } = listen((socket, nth) => void socket.write(ok(`${nth}`)));
  const ended = Promise.withResolvers<void>();
  const first = ask(http, url, { ...deaf, body: () => first.pause(), end: ended.resolve });
  await ended.promise;
  expect(await heardOf(http, url)).toBe("200 2");
});

test("who has heard all of an answer has no hold any more over its connection", async () => {
  const http = direct();
  const { url } = listen((socket, nth) => void setTimeout(() => socket.write(ok(`${nth}`)), 20));
  const ended = Promise.withResolvers<void>();
  const first = ask(http, url, { ...deaf, end: ended.resolve });
  await ended.promise;
  const second = heardOf(http, url);
  first.pause();
  first.hangUp();
  expect(await second).toBe("200 2");
});

test("who hangs up while he is told something hears no more, and his connection is gone", async () => {
  const http = direct();
  const { url, closed } = listen((socket) => void socket.write(ok("words")));
  const heard: string[] = [];
  const running = ask(http, url, {
    head() {
      heard.push("head");
      running.hangUp();
    },
    body: () => heard.push("body"),
    end: () => heard.push("end"),
    failed: () => heard.push("failed"),
  });
  await closed;
  expect([heard, http.idle]).toEqual([["head"], 0]);
});

for (const scheme of ["http", "https"]) {
  test(`${scheme}: one who is given up while he is dialled is let go, also where he says nothing`, async () => {
    const { url, closed } = listen(() => {});
    ask(direct(), url.replace("http", scheme), deaf).hangUp();
    await closed;
  });
}

for (const scheme of ["http", "https"]) {
  test(`${scheme}: a proxy that is given up while it is dialled, or says nothing, is let go`, async () => {
    for (const afterMs of [0, 20]) {
      const { url, closed } = listen(() => {});
      const http = createHttp({ proxy: url.replace("http", scheme), lookUp: null }, () => performance.now());
      const running = ask(http, "https://upstream.example/", deaf);
      await Bun.sleep(afterMs);
      running.hangUp();
      await closed;
    }
  });
}

test("a tunnel that closes before TLS has begun is a failure at once, and not a lasting one", async () => {
  const { url } = listen((socket, nth) => {
    if (nth === 1) socket.write("HTTP/1.1 200 OK\r\n\r\n");
    else socket.end();
  });
  const http = createHttp({ proxy: url, lookUp: null }, () => performance.now());
  await expect(heardOf(http, "https://upstream.example/")).rejects.toMatchObject({ code: "ECONNRESET" });
});

test("a refusal that comes before the question was read is heard, and its connection not used again", async () => {
  const http = direct();
  const refusal = "HTTP/1.1 413 Content Too Large\r\ncontent-length: 5\r\n\r\nlarge";
  for (const leaves of [false, true]) {
    const { url } = listen((socket) => {
      socket.pause();
      socket.write(refusal);
      if (leaves) socket.end();
    });
    expect(await heardOf(http, url, new Uint8Array(16 << 20))).toBe("413 large");
    expect(http.idle).toBe(0);
  }
});

test("bytes behind an answer, in its packet or later, are no answer to the next question", async () => {
  for (const laterMs of [0, 10]) {
    const http = direct();
    const { url } = listen((socket, nth) => {
      if (laterMs === 0) socket.write(ok(`${nth}`) + ok("smuggled"));
      else {
        socket.write(ok(`${nth}`));
        setTimeout(() => socket.write(ok("smuggled")), laterMs);
      }
    });
    for (const nth of [1, 2]) {
      expect(await heardOf(http, url)).toBe(`200 ${nth}`);
      await until(() => http.idle === 0);
    }
  }
});

test("no header can become two, or another", () => {
  const wrong: [string, string][] = [
    ["x\r\ny", "1"],
    ["", "1"],
    ["x y", "1"],
    ["x:y", "1"],
    ["x", "1\r\ny: 2"],
    ["x", "1\n"],
    ["x", "\0"],
    ["x", "\u2192"],
  ];
  for (const header of wrong) {
    const request = { method: "GET", url: "http://127.0.0.1:1/", headers: Object.fromEntries([header]), body: null };
    expect(() => direct().request(request, deaf)).toThrow(TypeError);
  }
});

test("an IPv6 address is dialled and named as it is", async () => {
  const server = Bun.serve({ hostname: "::1", port: 0, fetch: ({ headers }) => new Response(headers.get("host")) });
  open.push(server);
  expect(await heardOf(direct(), `http://[::1]:${server.port}/`)).toBe(`200 [::1]:${server.port}`);
});
