import { officialModels } from "../models.ts";
import { json, type Trouble, troubles, type Whole } from "../trouble.ts";
import type { Message, Prompt, Told, Usage } from "../words.ts";
import { type Ask, type Face, type Frame, isRecord, recordsIn, type Subject } from "./face.ts";

/** The official API's Responses face. https://platform.openai.com/docs/api-reference/responses-streaming */
export const responses: Face = {
  name: "responses",
  check({ bearer, model, body }) {
    if (bearer === null) return { violation: "no bearer", answer: refusal(troubles[1001]!) };
    if (!officialModels.some(({ id }) => id === model)) {
      return { violation: `unknown model ${model}`, answer: refusal(troubles[1211]!) };
    }
    if (body.input === undefined) return { violation: "input missing", answer: refusal(troubles[1213]!) };
    return null;
  },
  prompt: readPrompt,
  streams: ({ body }) => body.stream === true,
  frames(reply, subject) {
    const items = itemsOf(reply, subject);
    const body = { ...stem(subject), status: "in_progress", output: [] };
    const told: Omit<Frame, "data">[] = [];
    const bodies: object[] = [];
    const say = (part: Frame["part"], type: string, more: object) => {
      told.push({ part, event: type });
      bodies.push({ type, sequence_number: bodies.length, ...more });
    };
    say("start", "response.created", { response: body });
    say("start", "response.in_progress", { response: body });
    items.forEach((item, output_index) => {
      say(item.part, "response.output_item.added", { output_index, item: item.empty });
      for (const { type, more } of item.events) {
        say(item.part, type, { item_id: item.id, output_index, ...more });
      }
      say(item.part, "response.output_item.done", { output_index, item: item.whole });
    });
    const ended = { ...stem(subject), ...ending(reply), output: items.map(({ whole }) => whole) };
    say("finish", ended.status === "completed" ? "response.completed" : "response.incomplete", { response: ended });
    return told.map((frame, index) => ({ ...frame, data: JSON.stringify(bodies[index]) }));
  },
  whole(reply, subject) {
    const output = itemsOf(reply, subject).map(({ whole }) => whole);
    return JSON.stringify({ ...stem(subject), ...ending(reply), output });
  },
  refusal,
  inband: ({ code, message }) => ({
    part: "error",
    event: "error",
    data: JSON.stringify({ type: "error", code, message, param: null, sequence_number: 0 }),
  }),
};

function refusal({ status, code, message }: Trouble): Whole {
  return json(status, { error: { code, message } });
}

function readPrompt({ body }: Ask): Prompt {
  const { input, instructions, max_output_tokens, reasoning } = body;
  const effort = isRecord(reasoning) ? reasoning.effort : undefined;
  const told = typeof instructions === "string" ? [{ role: "system", text: instructions, media: 0 }] : [];
  return {
    messages: [
      ...told,
      ...(typeof input === "string" ? [{ role: "user", text: input, media: 0 }] : recordsIn(input).flatMap(readItem)),
    ],
    tools: recordsIn(body.tools).flatMap(({ type, name, description, parameters }) =>
      type === "function" && typeof name === "string"
        ? [{ name, description: `${description ?? ""}`, parameters: isRecord(parameters) ? parameters : {} }]
        : [],
    ),
    thinks: effort !== "none",
    maxTokens: typeof max_output_tokens === "number" ? max_output_tokens : null,
    stop: [],
    json: isRecord(body.text) && isRecord(body.text.format) && body.text.format.type !== "text",
  };
}

function readItem({ type = "message", role, content, output }: Record<string, unknown>): Message[] {
  if (type === "function_call_output") return [{ role: "tool", text: `${output}`, media: 0 }];
  if (type !== "message") return [];
  if (typeof content === "string") return [{ role: `${role}`, text: content, media: 0 }];
  const parts = recordsIn(content);
  const texts = parts.flatMap(({ text }) => (typeof text === "string" ? [text] : []));
  const media = parts.filter((part) => part.type === "input_image" || part.type === "input_file").length;
  return [{ role: `${role}`, text: texts.join("\n"), media }];
}

interface Item {
  id: string;
  part: Frame["part"];
  empty: object;
  events: { type: string; more: object }[];
  whole: object;
}

function itemsOf(reply: Told, { id }: Subject): Item[] {
  return [
    ...(reply.thinking.length === 0 ? [] : [reasoningItem(`rs_${id}`, reply.thinking)]),
    ...(reply.answer.length === 0 ? [] : [messageItem(`msg_${id}`, reply.answer)]),
    ...reply.calls.map((call): Item => {
      const head = { id: `fc_${call.id}`, type: "function_call", call_id: call.id, name: call.name };
      const text = call.arguments;
      const pieces = text.match(/[\s\S]{1,12}/g) ?? [];
      return {
        id: head.id,
        part: "call",
        empty: { ...head, arguments: "", status: "in_progress" },
        events: [
          ...pieces.map((delta) => ({ type: "response.function_call_arguments.delta", more: { delta } })),
          { type: "response.function_call_arguments.done", more: { arguments: text } },
        ],
        whole: { ...head, arguments: text, status: "completed" },
      };
    }),
  ];
}

function reasoningItem(id: string, pieces: string[]): Item {
  const text = pieces.join("");
  const summary = { type: "summary_text", text };
  const at = { summary_index: 0 };
  return {
    id,
    part: "thinking",
    empty: { id, type: "reasoning", summary: [] },
    events: [
      { type: "response.reasoning_summary_part.added", more: { ...at, part: { ...summary, text: "" } } },
      ...pieces.map((delta) => ({ type: "response.reasoning_summary_text.delta", more: { ...at, delta } })),
      { type: "response.reasoning_summary_text.done", more: { ...at, text } },
      { type: "response.reasoning_summary_part.done", more: { ...at, part: summary } },
    ],
    whole: { id, type: "reasoning", summary: [summary] },
  };
}

function messageItem(id: string, pieces: string[]): Item {
  const text = pieces.join("");
  const part = { type: "output_text", text, annotations: [] };
  const head = { id, type: "message", role: "assistant" };
  const at = { content_index: 0 };
  return {
    id,
    part: "answer",
    empty: { ...head, status: "in_progress", content: [] },
    events: [
      { type: "response.content_part.added", more: { ...at, part: { ...part, text: "" } } },
      ...pieces.map((delta) => ({ type: "response.output_text.delta", more: { ...at, delta } })),
      { type: "response.output_text.done", more: { ...at, text } },
      { type: "response.content_part.done", more: { ...at, part } },
    ],
    whole: { ...head, status: "completed", content: [part] },
  };
}

function ending({ finish, usage }: Told): { status: string; incomplete_details: object | null; usage: object | null } {
  const reason = { length: "max_output_tokens", sensitive: "content_filter" }[finish];
  return {
    status: reason === undefined ? "completed" : "incomplete",
    incomplete_details: reason === undefined ? null : { reason },
    usage: usage && usageOf(usage),
  };
}

function usageOf({ prompt_tokens, completion_tokens, total_tokens, ...details }: Usage): object {
  return {
    input_tokens: prompt_tokens,
    input_tokens_details: details.prompt_tokens_details,
    output_tokens: completion_tokens,
    output_tokens_details: { reasoning_tokens: details.completion_tokens_details?.reasoning_tokens ?? 0 },
    total_tokens,
  };
}

function stem({ id, created, model }: Subject): object {
  const settled = {
    error: null,
    metadata: {},
    parallel_tool_calls: true,
    temperature: 1,
    tool_choice: "auto",
    tools: [],
  };
  return { id: `resp_${id}`, object: "response", created_at: created, model, ...settled, top_p: 1, instructions: null };
}
