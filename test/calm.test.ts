import { expect, test } from "bun:test";
import { collectWhenCalm } from "~/calm.ts";

test("what many requests left behind is collected once, when none has run for a while", async () => {
  const open = new Set<number>();
  let collected = 0;
  const calm = collectWhenCalm(open, { many: 3, everyMs: 5, collect: () => collected++ });
  const busy = async (requests: number) => {
    for (let one = 0; one < requests; one++) open.add(one);
    await Bun.sleep(50);
    expect(collected).toBe(0);
    open.clear();
  };
  await busy(2);
  await Bun.sleep(50);
  await busy(3);
  for (let turn = 0; turn < 200 && collected === 0; turn++) await Bun.sleep(10);
  expect(collected).toBe(1);
  await Bun.sleep(50);
  expect(collected).toBe(1);
  calm.stop();
});
