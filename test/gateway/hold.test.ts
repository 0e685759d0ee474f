import { expect, test } from "bun:test";
import { chat } from "~/apis/openai-chat/index.ts";
import { Watcher } from "~/gateway/observe.ts";
import { enforceFormats } from "~/gateway/structured.ts";
import { tellStream } from "~/gateway/tell-stream.ts";
import { zai } from "~/upstreams/zai/index.ts";
import { holdClock } from "../helpers/clock.ts";
import { inReads } from "../helpers/through.ts";
import { tellingFor } from "../upstreams/telling.ts";

const body = {
  model: "glm-4.7",
  messages: [{ role: "user" as const, content: "How high is the tide?" }],
  response_format: { type: "json_schema", json_schema: { name: "tide", schema: { type: "object" } } },
};
const event = (value: object) => `data: ${JSON.stringify(value)}\n\n`;
const words = event({ id: "1", choices: [{ index: 0, delta: { content: "no JSON" } }] });
const finish = event({ id: "1", choices: [{ index: 0, delta: {}, finish_reason: "stop" }] });

/** How often an answer was asked for once more, and what broke it. */
async function told(...reads: string[]) {
  let again = 0;
  const dialect = enforceFormats(zai, async () => [{ at: "#", keyword: "type", says: "It is no object." }]);
  const telling = {
    ...tellingFor(dialect, body),
    again: async () => {
      again++;
      return inReads([Buffer.from(words + finish)]);
    },
  };
  const pair = { api: chat, dialect, door: dialect.chat };
  const watcher = new Watcher(chat.own, holdClock());
  const saying = tellStream(inReads(reads.map((read) => Buffer.from(read))), pair, telling, watcher);
  try {
    while (saying.final === null) await saying.next();
  } catch (error) {
    await Bun.sleep(5);
    return { again, error: error as Error };
  }
  throw new Error("it was told");
}

test("an answer that does not fit is asked for once more, and fails where that does not fit either", async () => {
  const { again, error } = await told(words, finish);
  expect(again).toBe(1);
  expect(error.message).toContain("not even the second time");
});

test("an answer that breaks in the read of its finish is not asked for again", async () => {
  for (const broken of ['data: {"id":\n\n', event({ error: { code: "1234", message: "x" } })]) {
    const { again, error } = await told(words + finish + broken);
    expect(again).toBe(0);
    expect(error.message).not.toContain("second time");
  }
});
