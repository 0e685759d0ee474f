import { expect, test } from "bun:test";
import { findMarks, isUnusual, usually } from "~/wire/marks.ts";

test("the next of several marks is found from each place on, as a search for each of them would", () => {
  const marks = ["[DONE]", ...usually("usage", "{"), '"error":'];
  const text = 'data: {"usage":null}\n\ndata: {"usage": {"a":1}}\n\ndata: {"error":1,"usage":{}}\n\ndata: [DONE]\n\n';
  const bytes = Buffer.from(text);
  const next = findMarks(bytes, marks);
  for (let from = 0; from <= text.length; from++) {
    const places = marks.map((mark) => text.indexOf(mark, from)).filter((at) => at >= 0);
    expect(next(from)).toBe(Math.min(text.length, ...places));
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
