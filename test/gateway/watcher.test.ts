import { expect, test } from "bun:test";
import { chat } from "~/apis/openai-chat/index.ts";
import { Watcher } from "~/gateway/observe.ts";

test("a watcher that begins anew knows nothing of the try before", () => {
  const clock = { tick: () => 7 };
  const watcher = new Watcher(chat.own, clock);
  const chunk = { id: "1", choices: [{ index: 0, delta: { content: "Hi" }, finish_reason: "stop" }] };
  watcher.see({ data: JSON.stringify({ ...chunk, usage: { prompt_tokens: 3, completion_tokens: 2 } }) });
  expect(watcher).toMatchObject({ firstTokenTick: 7, isFinished: true, finish: "stop" });
  expect(watcher.usage).not.toBeNull();
  watcher.begin();
  expect(watcher).toEqual(new Watcher(chat.own, clock));
  expect(watcher.estimateOutput()).toBe(0);
});
