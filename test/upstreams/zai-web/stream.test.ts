import { expect, test } from "bun:test";
import { batches, done, frames, plainQuestion, see, tell, telling, words } from "./telling.ts";

const told = telling(plainQuestion);
const tools = [{ type: "function", function: { name: "get_tide" } }];
const withTools = telling({ ...plainQuestion, tools });
const frame = (data: object) => JSON.stringify({ type: "chat:completion", data });
const hello = frame({ delta_content: "Hello", phase: "answer" });

test("gives for each network read what it brought, at once", async () => {
  const reads = batches([hello, hello], ["no JSON", "{}"], [hello, frame(done)], [hello]);
  const sizes: number[] = [];
  for await (const batch of tell(reads, told)) sizes.push(batch.length);
  expect(sizes).toEqual([3, 2]);
});

const endings: [says: string, data: string][] = [
  ["done", frame({ done: true })],
  ["phase done", frame({ phase: "done" })],
  ["[DONE]", "[DONE]"],
  ["[DONE] inside JSON", '{"data":"[DONE]"}'],
  ["[DONE] inside a typed envelope", '{"data":"[DONE]","type":"chat:completion"}'],
];
for (const [says, data] of endings) {
  test(`is finished by ${says}, once, whatever follows`, async () => {
    const error = frame({ error: { code: 500 }, done: true });
    const seen = await see(tell(batches([hello], [data, hello], [frame(done), "[DONE]", error]), told), told);
    expect(seen.deltas).toEqual([{ content: "Hello" }]);
    expect(seen.finish).toBe("stop");
    expect(seen.error).toBeNull();
  });
}

test("lets go of the upstream behind the finish: its connection's rest is the caller's business", async () => {
  let isDrained = false;
  async function* reads() {
    yield* batches([hello, frame(done)], ["[DONE]"]);
    isDrained = true;
  }
  await see(tell(reads(), told), told);
  expect(isDrained).toBe(false);
});

test("calls an end without a word a failure", async () => {
  for (const stream of [true, false]) {
    const ask = telling(plainQuestion, { stream });
    const seen = await see(tell(frames({ phase: "answer" }, done), ask), ask);
    expect(seen.error?.kind).toBe("upstream_incomplete");
    expect(seen.finish).toBeNull();
  }
});

test("passes over what is none of its business", async () => {
  const strange = [
    "null",
    "5",
    '"text"',
    "[]",
    "{",
    '{"type":"chat:completion"}',
    '{"type":"chat:completion","data":null}',
    '{"type":"chat:completion","data":"text"}',
    '{"type":"chat:title","data":{"delta_content":"Tides","done":true}}',
    '{"type":"chat:completion","scope":"subagent","data":{"delta_content":"psst","done":true}}',
    '{"type":"chat:completion","data":{"delta_content":5,"edit_content":{},"edit_index":"x","usage":"many"}}',
  ];
  const seen = await see(tell(batches([...strange, hello], [frame(done)]), told), told);
  expect(seen.deltas).toEqual([{ content: "Hello" }]);
  expect(seen.finish).toBe("stop");
  expect(seen.usage).toBeNull();
});

test("keeps to the phase while none is named", async () => {
  const seen = await see(
    tell(frames({ delta_content: "Hm", phase: "thinking" }, { delta_content: "m." }, done), told),
    told,
  );
  expect(seen.deltas).toEqual([{ reasoning_content: "Hm" }, { reasoning_content: "m." }]);
});

test("takes a count from wherever it comes, and zeros for none", async () => {
  const counted = { prompt_tokens: 3, completion_tokens: 4 };
  const seen = await see(tell(frames({ delta_content: "Hi", usage: counted }, done), told), told);
  expect(seen.usage).toEqual({ ...counted, total_tokens: 7 });
  const zeros = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };
  const none = await see(tell(frames({ delta_content: "Hi", usage: zeros }, done), told), told);
  expect(none.usage).toBeNull();
});

test("takes the whole text instead of its pieces", async () => {
  const whole = [
    { content: "Let me", phase: "thinking" },
    { content: "Let me see.", phase: "thinking" },
    { content: "It is", phase: "answer" },
    { content: "It is 3.", phase: "answer" },
    done,
  ];
  for (const stream of [true, false]) {
    const ask = telling(plainQuestion, { stream });
    const seen = await see(tell(frames(...whole), ask), ask);
    expect(words(seen, "reasoning_content")).toBe("Let me see.");
    expect(words(seen, "content")).toBe("It is 3.");
  }
});

test("joins bare thinking to a wrapper that only its closing edit speaks of", async () => {
  const edit = 'true" duration="1">\n<summary>Thought for 1 seconds</summary>\n> Let me see.\n</details>\nYes';
  const data = [
    { delta_content: "Let me see, I", phase: "thinking" },
    { edit_index: 32, edit_content: edit, phase: "answer" },
    { delta_content: ".", phase: "answer" },
    done,
  ];
  const late = telling(plainQuestion, { stream: false });
  const seen = await see(tell(frames(...data), late), late);
  expect(words(seen, "reasoning_content")).toBe("Let me see.");
  expect(words(seen, "content")).toBe("Yes.");
  expect(words(await see(tell(frames(...data), told), told), "content")).toBe("Yes.");
});

test("says no word twice when the document shrinks and grows again", async () => {
  const data = [
    { delta_content: "The answer is", phase: "answer" },
    { edit_index: 4, edit_content: "ans", phase: "answer" },
    { delta_content: "wer i", phase: "answer" },
    { delta_content: "s 3.", phase: "answer" },
    done,
  ];
  const seen = await see(tell(frames(...data), told), told);
  expect(words(seen, "content")).toBe("The answer is 3.");
});

test("keeps a second round of thinking apart from the answer around it", async () => {
  const round = (text: string) =>
    `<details type="reasoning" done="true">\n<summary>Thought</summary>\n> ${text}\n</details>\n`;
  const data = [
    { delta_content: `${round("One.")}First.\n\n`, phase: "answer" },
    { delta_content: round("Two."), phase: "thinking" },
    { delta_content: "Second.", phase: "answer" },
    done,
  ];
  const seen = await see(tell(frames(...data), told), told);
  expect(words(seen, "reasoning_content")).toBe("One.\n\nTwo.");
  expect(words(seen, "content")).toBe("First.\n\nSecond.");
});

test("takes the model's stray tags out of the thinking, never out of the answer", async () => {
  const data = [
    { delta_content: "<Full>a <b", phase: "thinking" },
    { delta_content: "> </thi", phase: "thinking" },
    { delta_content: "nking>c</Fu", phase: "thinking" },
    { delta_content: "<Full></Full></thinking>", phase: "answer" },
    done,
  ];
  const seen = await see(tell(frames(...data), told), told);
  expect(words(seen, "reasoning_content")).toBe("a <b> c</Fu");
  expect(words(seen, "content")).toBe("<Full></Full></thinking>");
});

test("tells direct tool calls once, when they are whole", async () => {
  const data = [
    { tool_calls: [{ index: 0, id: "call_1", type: "function", function: { name: "get_tide", arguments: "" } }] },
    { tool_calls: [{ index: 0, function: { arguments: '{"port":' } }] },
    { tool_calls: [{ index: 0, function: { arguments: '"Brest"}' } }] },
    {
      tool_calls: [
        { id: "call_2", function: { name: "get_tide", arguments: { port: "Kiel" } } },
        { function: { name: "web" } },
      ],
    },
    { tool_calls: [{ function: { name: "get_tide", arguments: "" } }], phase: "other" },
    done,
  ];
  for (const stream of [true, false]) {
    const ask = telling({ ...plainQuestion, tools }, { stream });
    const seen = await see(tell(frames(...data), ask), ask);
    expect(seen.deltas.flatMap(({ tool_calls }) => tool_calls)).toEqual([
      { index: 0, id: "call_1", type: "function", function: { name: "get_tide", arguments: '{"port":"Brest"}' } },
      { index: 1, id: "call_2", type: "function", function: { name: "get_tide", arguments: '{"port":"Kiel"}' } },
      { index: 2, id: "call_tide1_2", type: "function", function: { name: "get_tide", arguments: "{}" } },
    ]);
    expect(seen.finish).toBe("tool_calls");
  }
});

test("passes broken arguments on as they are when nothing more comes, and drops an unclosed block", async () => {
  const block =
    '<glm_block >{"data":{"metadata":{"id":"call_1","name":"get_tide","arguments":"{\\"port\\":"}}}</glm_block>';
  const data = [{ delta_content: `Wait.\n\n${block}\n<glm_block x="y">{"data"`, phase: "tool_call" }, done];
  const seen = await see(tell(frames(...data), withTools), withTools);
  expect(words(seen, "content")).toBe("Wait.");
  expect(seen.deltas.flatMap(({ tool_calls }) => tool_calls ?? []).map((call) => call.function?.arguments)).toEqual([
    '{"port":',
  ]);
});

test("lets an answer speak about blocks and wrappers", async () => {
  const text =
    'Write `<glm_block>` or <glm_block name="x"> and <details type="reasoning"> as you like.\n</details>\n> so';
  const seen = await see(tell(frames({ delta_content: text, phase: "answer" }, done), told), told);
  expect(words(seen, "content")).toBe(text);
});

test("is not thrown by places outside the document", async () => {
  const data = [
    { delta_content: "ab", phase: "answer" },
    { edit_index: 99, edit_content: "c", phase: "answer" },
    { edit_index: -5, edit_content: "abcd", phase: "answer" },
    { edit_index: null, edit_content: "e", phase: "answer" },
    done,
  ];
  const seen = await see(tell(frames(...data), told), told);
  expect(words(seen, "content")).toBe("abcde");
});
