import { expect, test } from "bun:test";
import { inBytes, isUnusual, MarkFinder, usually } from "~/wire/marks.ts";

test("the next of several marks is found from each place on, as a search for each of them would", () => {
  const marks = ["[DONE]", ...usually("usage", "{"), '"error":'];
  const text = 'data: {"usage":null}\n\ndata: {"usage": {"a":1}}\n\ndata: {"error":1,"usage":{}}\n\ndata: [DONE]\n\n';
  const finder = new MarkFinder(inBytes(...marks));
  for (const look of [text, text.slice(30), text]) {
    finder.search(Buffer.from(look));
    for (let from = 0; from <= look.length; from++) {
      const places = marks.map((mark) => look.indexOf(mark, from)).filter((at) => at >= 0);
      expect(finder.next(from)).toBe(Math.min(look.length, ...places));
    }
  }
});

test("JSON with its blanks where few put them is told from what is usual", () => {
  const value = { choices: [{ delta: { content: "a: b" }, finish_reason: null }], usage: { a: 1 } };
  expect(isUnusual(JSON.stringify(value))).toBe(false);
  // As Python's json.dumps does.
  expect(isUnusual(JSON.stringify(value).replace(/([:,])(?=["[{n\d])/g, "$1 "))).toBe(false);
  for (const odd of ['{"a" :1}', '{"a":  1}', '{ "a":1}', '{"a":\t1}', JSON.stringify(value, null, 2)]) {
    expect(isUnusual(odd)).toBe(true);
  }
});
