import { describe, expect, test } from "bun:test";
import { AnswerReader } from "../../bench/answer.ts";

const whole = 'HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{"id":"whole"';
const body = "6\r\ndata: \r\n8\r\n[DONE]\n\n\r\n0\r\n\r\n";
const stream = `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${body}`;

describe("the load's answer reader", () => {
  test.each([whole, stream])("finds the end of an answer wherever the network cuts it", (answer) => {
    const bytes = Buffer.from(answer);
    for (let cut = 1; cut < bytes.length; cut++) {
      const reader = new AnswerReader("");
      expect(reader.feed(bytes.subarray(0, cut))).toBe(false);
      expect(reader.feed(bytes.subarray(cut))).toBe(true);
      expect(reader.isGood).toBe(true);
    }
  });

  test("reads one answer after another", () => {
    const reader = new AnswerReader("");
    for (const answer of [whole, stream, whole, stream]) expect(reader.feed(Buffer.from(answer))).toBe(true);
  });

  test("calls only an answer good that was a 200 and ended as it should", () => {
    const reader = new AnswerReader("[DONE]");
    const good = (answer: string) => {
      expect(reader.feed(Buffer.from(answer))).toBe(true);
      return reader.isGood;
    };
    expect(good(stream)).toBe(true);
    expect(good(stream.replace("[DONE]", "[FAIL]"))).toBe(false);
    expect(good(stream.replace("200 OK", "502 Bad Gateway"))).toBe(false);
    expect(good(whole)).toBe(false);
  });
});
