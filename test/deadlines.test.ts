import { expect, test } from "bun:test";
import { after } from "~/deadlines.ts";

const ms = 60;
const wait = (howLong: number) => new Promise((resolve) => setTimeout(resolve, howLong));

test("one who begins anew when his time is over delays nobody who comes after him", async () => {
  const rung: string[] = [];
  const first = after(ms, () => {
    rung.push("first");
    first.refresh();
  });
  await wait(ms / 3);
  const second = after(ms, () => rung.push("second"));
  await wait(ms * 1.2);
  expect(rung.slice(0, 2)).toEqual(["first", "second"]);
  first.cancel();
  second.cancel();
});

test("one who is called off, once or twice, never acts, and one who begins anew acts once", async () => {
  const rung: string[] = [];
  const off = after(ms, () => rung.push("off"));
  const anew = after(ms, () => rung.push("anew"));
  off.cancel();
  off.cancel();
  anew.refresh();
  await wait(ms * 3);
  expect(rung).toEqual(["anew"]);
});
