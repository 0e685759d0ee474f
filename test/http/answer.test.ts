import { describe, expect, test } from "bun:test";
import { type AnswerListener, AnswerReader, NotHttp } from "~/http/answer.ts";

interface Heard {
  status: number;
  type: string | null;
  body: string;
  isWhole: boolean;
  isReusable: boolean;
}

/** What a reader makes of one answer that arrives in these pieces, and then the end of the connection. */
function read(pieces: readonly string[]): Heard {
  const reader = new AnswerReader();
  const heard: Heard = { status: 0, type: null, body: "", isWhole: false, isReusable: false };
  const listener: AnswerListener = {
    head({ status, field }) {
      heard.status = status;
      heard.type = field("content-type");
    },
    body(bytes) {
      heard.body += bytes.toString("latin1");
    },
    end() {
      heard.isWhole = true;
      heard.isReusable = reader.isReusable;
    },
  };
  reader.expect(listener);
  for (const piece of pieces) {
    if (heard.isWhole) break;
    reader.feed(Buffer.from(piece, "latin1"));
  }
  if (!heard.isWhole) reader.close();
  return heard;
}

const ok = "HTTP/1.1 200 OK\r\n";
const kept = { status: 200, type: null, isWhole: true, isReusable: true };

const answers: Record<string, [text: string, heard: Heard]> = {
  "a length": [
    `${ok}Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello`,
    { ...kept, type: "text/plain", body: "hello" },
  ],
  "no body": [`${ok}content-length: 0\r\n\r\n`, { ...kept, body: "" }],
  "a status without words": ["HTTP/1.1 204\r\n\r\n", { ...kept, status: 204, body: "" }],
  chunks: [
    `${ok}transfer-encoding: chunked\r\n\r\n5\r\nhello\r\n1B;x="y"\r\n, dear reader of chunks: ok\r\n0\r\n\r\n`,
    { ...kept, body: "hello, dear reader of chunks: ok" },
  ],
  "chunks and a trailer": [
    `${ok}Transfer-Encoding: Chunked\r\n\r\n002\r\n\r\n\r\n0\r\nx-sum: 1\r\nx-more: 2\r\n\r\n`,
    { ...kept, body: "\r\n" },
  ],
  "chunks, and a length that lies": [
    `${ok}content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`,
    { ...kept, body: "ok", isReusable: false },
  ],
  "interim answers first": [
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n${ok}content-length: 2\r\n\r\nok`,
    { ...kept, body: "ok" },
  ],
  "until the end": [
    `${ok}content-type: text/event-stream\r\n\r\ndata: 1\n\n`,
    { ...kept, type: "text/event-stream", body: "data: 1\n\n", isReusable: false },
  ],
  "the last of a connection": [
    `${ok}connection: Close\r\ncontent-length: 2\r\n\r\nok`,
    { ...kept, body: "ok", isReusable: false },
  ],
  "an old protocol": ["HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok", { ...kept, body: "ok", isReusable: false }],
  "an old protocol that keeps": [
    "HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nok",
    { ...kept, body: "ok" },
  ],
  "the same length twice": [`${ok}content-length: 2\r\ncontent-length: 2\r\n\r\nok`, { ...kept, body: "ok" }],
  "a field in two lines": [
    `${ok}content-type: a\r\ncontent-type: b\r\ncontent-length: 2\r\n\r\nok`,
    { ...kept, type: "a, b", body: "ok" },
  ],
};

describe("an answer of HTTP/1.1", () => {
  for (const [name, [text, heard]] of Object.entries(answers)) {
    test(`with ${name} is read, wherever it is cut`, () => {
      expect(read([text])).toEqual(heard);
      for (let cut = 1; cut < text.length; cut++) expect(read([text.slice(0, cut), text.slice(cut)])).toEqual(heard);
      expect(read([...text])).toEqual(heard);
    });
  }

  test("that ends before its end is not whole", () => {
    const cut = [
      "HTTP/1.1 200",
      `${ok}content-length: 3\r\n\r\nok`,
      `${ok}transfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n`,
    ];
    for (const text of cut) expect(read([text]).isWhole).toBe(false);
  });

  test("with something behind it is whole, and its connection is of no further use", () => {
    for (const text of [
      `${ok}content-length: 2\r\n\r\nok!`,
      `${ok}transfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n!`,
    ]) {
      expect(read([text])).toMatchObject({ body: "ok", isWhole: true, isReusable: false });
    }
  });

  test("that is none is refused", () => {
    const none = [
      "SSH-2.0-OpenSSH",
      "<html></html>\r\n\r\n",
      "HTTP/2 200\r\n\r\n",
      `HTTP/1.1 200 OK\r\nx: ${"y".repeat(70_000)}`,
      `${ok}content-length: 2\r\ncontent-length: 3\r\n\r\nok`,
      `${ok}content-length: -2\r\n\r\nok`,
      `${ok}transfer-encoding: gzip, chunked\r\n\r\n2\r\nok`,
      `${ok}transfer-encoding: chunked\r\n\r\nxyz\r\n`,
      `${ok}transfer-encoding: chunked\r\n\r\n2\nok\r\n0\r\n\r\n`,
      `${ok}transfer-encoding: chunked\r\n\r\n2\rok\r\n0\r\n\r\n`,
      `${ok}transfer-encoding: chunked\r\n\r\n2\r\nokay\r\n0\r\n\r\n`,
      `${ok}transfer-encoding: chunked\r\n\r\nfffffffffffffff\r\n`,
      `${ok}transfer-encoding: chunked\r\n\r\n2;${"x".repeat(9_000)}`,
    ];
    for (const text of none) {
      expect(() => read([text])).toThrow(NotHttp);
      if (text.length < 200) expect(() => read([...text])).toThrow(NotHttp);
    }
  });
});
