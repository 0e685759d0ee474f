import { afterAll, expect, test } from "bun:test";
import { listen } from "~/simulator/http.ts";

const seen: { path: string; length: number; left: boolean }[] = [];
const server = listen({
  hostname: "127.0.0.1",
  port: 0,
  answer(exchange) {
    const entry = { path: exchange.path, length: exchange.body.length, left: false };
    seen.push(entry);
    exchange.onLeave(() => {
      entry.left = true;
    });
    if (exchange.path === "/wait") return;
    exchange.start(200, {}, 2);
    void exchange.send("ok").then(() => exchange.finish());
  },
});
afterAll(() => server.stop());

test("reads requests that arrive in any pieces, several behind each other", async () => {
  const requests =
    "POST /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nhelloGET /b HTTP/1.1\r\n\r\nPOST /c HTTP/1.1\r\ncontent-length: 3\r\n\r\nxyz";
  for (const size of [1, 2, 7, 50, requests.length]) {
    seen.length = 0;
    const answers = await talk(requests.match(new RegExp(`[\\s\\S]{1,${size}}`, "g"))!, 3);
    expect(answers.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(3);
    expect(seen.map(({ path, length }) => [path, length])).toEqual([
      ["/a", 5],
      ["/b", 0],
      ["/c", 3],
    ]);
  }
});

test("tells a client that waits for permission to go on", async () => {
  const head = "POST /a HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";
  expect(await talk([head, "hi"], 1)).toContain("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK");
});

test("refuses bodies without a length", async () => {
  expect(await talk(["POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"], 1)).toStartWith("HTTP/1.1 411");
});

test("takes a body of 20 MB", async () => {
  seen.length = 0;
  const response = await fetch(`http://127.0.0.1:${server.port}/big`, { method: "POST", body: "x".repeat(20 << 20) });
  expect(await response.text()).toBe("ok");
  expect(seen[0]!.length).toBe(20 << 20);
});

test("notices a client that leaves", async () => {
  seen.length = 0;
  const leaving = new AbortController();
  const call = fetch(`http://127.0.0.1:${server.port}/wait`, { signal: leaving.signal }).catch(() => "gone");
  while (seen.length === 0) await Bun.sleep(2);
  leaving.abort();
  await call;
  while (!seen[0]!.left) await Bun.sleep(2);
  expect(seen).toEqual([{ path: "/wait", length: 0, left: true }]);
});

/** Sends pieces one after the other on one connection; resolves with everything said by the time of the n-th answer. */
async function talk(pieces: string[], answers: number): Promise<string> {
  let said = "";
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port: server.port,
    socket: {
      data(_, bytes) {
        said += bytes.toString();
      },
    },
  });
  for (const piece of pieces) {
    socket.write(piece);
    socket.flush();
    await Bun.sleep(0);
  }
  while ((said.match(/HTTP\/1\.1 [2-5]/g) ?? []).length < answers) await Bun.sleep(1);
  socket.end();
  return said;
}
