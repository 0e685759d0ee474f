import { officialModels } from "../models.ts";
import { json, type Trouble, troubles, type Whole } from "../trouble.ts";
import type { Message, Prompt, Told, Usage } from "../words.ts";
import { type Ask, type Face, type Frame, isRecord, recordsIn, type Subject } from "./face.ts";

/** The official API's Anthropic face. https://docs.anthropic.com/en/api/messages and its streaming page */
export const messages: Face = {
  name: "messages",
  check({ bearer, model, body }) {
    if (bearer === null) return { violation: "no key", answer: refusal(troubles[1001]!) };
    if (served(model) === null) return { violation: `unknown model ${model}`, answer: refusal(troubles[1211]!) };
    if (typeof body.max_tokens !== "number" || recordsIn(body.messages).length === 0) {
      return { violation: "max_tokens or messages missing", answer: refusal(troubles[1213]!) };
    }
    return null;
  },
  prompt: readPrompt,
  streams: ({ body }) => body.stream === true,
  frames(reply, subject) {
    const blocks = blocksOf(reply);
    return [
      event("start", "message_start", { message: { ...stem(subject), content: [], ...ending(null, started(reply)) } }),
      event("start", "ping", {}),
      ...blocks.flatMap(({ part, empty, deltas }, index) => [
        event(part, "content_block_start", { index, content_block: empty }),
        ...deltas.map((delta) => event(part, "content_block_delta", { index, delta })),
        event(part, "content_block_stop", { index }),
      ]),
      event("finish", "message_delta", {
        delta: { stop_reason: stopReasons[reply.finish] ?? reply.finish, stop_sequence: null },
        ...(reply.usage !== null && { usage: usageOf(reply.usage) }),
      }),
      event("done", "message_stop", {}),
    ];
  },
  whole(reply, subject) {
    const content = blocksOf(reply).map(({ whole }) => whole);
    return JSON.stringify({ ...stem(subject), content, ...ending(reply.finish, reply.usage && usageOf(reply.usage)) });
  },
  refusal,
  inband: ({ code, message }) => event("error", "error", { error: errorOf({ status: 529, code, message }) }),
};

/** Claude's names stand for models of Z.ai; null where a name means nothing. */
function served(model: string): string | null {
  if (/haiku/.test(model)) return "glm-4.5-air";
  if (/^claude-/.test(model)) return "glm-4.7";
  return officialModels.find(({ id }) => id === model)?.id ?? null;
}

function refusal(trouble: Trouble): Whole {
  return json(trouble.status, { type: "error", error: errorOf(trouble) });
}

function errorOf({ status, code, message }: Trouble): object {
  return { type: errorTypes[status] ?? "api_error", code, message: `[${code}][${message}]` };
}

const errorTypes: Record<number, string> = {
  400: "invalid_request_error",
  401: "authentication_error",
  403: "permission_error",
  404: "not_found_error",
  429: "rate_limit_error",
  529: "overloaded_error",
};

const stopReasons: Record<string, string> = {
  stop: "end_turn",
  length: "max_tokens",
  tool_calls: "tool_use",
  sensitive: "refusal",
};

function readPrompt({ body }: Ask): Prompt {
  const { system, thinking, max_tokens, stop_sequences } = body;
  const told = textOf(system);
  return {
    messages: [
      ...(told === "" ? [] : [{ role: "system", text: told, media: 0 }]),
      ...recordsIn(body.messages).flatMap(readMessage),
    ],
    tools: recordsIn(body.tools).flatMap(({ name, description, input_schema }) =>
      typeof name === "string"
        ? [{ name, description: `${description ?? ""}`, parameters: isRecord(input_schema) ? input_schema : {} }]
        : [],
    ),
    thinks: isRecord(thinking) && thinking.type !== "disabled",
    maxTokens: typeof max_tokens === "number" ? max_tokens : null,
    stop: [stop_sequences].flat().filter((text) => typeof text === "string"),
    json: false,
  };
}

/** A user's message may hold results of tools beside words: each is a message of its own. */
function readMessage({ role, content }: Record<string, unknown>): Message[] {
  if (typeof content === "string") return [{ role: `${role}`, text: content, media: 0 }];
  const blocks = recordsIn(content);
  const results = blocks.filter(({ type }) => type === "tool_result");
  const others = blocks.filter(({ type }) => type !== "tool_result");
  const media = others.filter(({ type }) => type === "image" || type === "document").length;
  return [
    ...results.map((block) => ({ role: "tool", text: textOf(block.content), media: 0 })),
    ...(others.length > 0 ? [{ role: `${role}`, text: textOf(others), media }] : []),
  ];
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  return recordsIn(content)
    .flatMap(({ text }) => (typeof text === "string" ? [text] : []))
    .join("\n");
}

interface Block {
  part: Frame["part"];
  /** As it begins in a stream. */
  empty: object;
  deltas: object[];
  whole: object;
}

function blocksOf(reply: Told): Block[] {
  const thinking = reply.thinking.join("");
  const answer = reply.answer.join("");
  return [
    ...(thinking === "" ? [] : [thinkingBlock(thinking, reply.thinking)]),
    ...(answer === "" ? [] : [textBlock(answer, reply.answer)]),
    ...reply.calls.map(({ id, name, arguments: text }): Block => {
      const head = { type: "tool_use", id, name };
      const middle = Math.ceil(text.length / 2);
      return {
        part: "call",
        empty: { ...head, input: {} },
        deltas: [text.slice(0, middle), text.slice(middle)].map((partial_json) => {
          return { type: "input_json_delta", partial_json };
        }),
        whole: { ...head, input: JSON.parse(text || "{}") },
      };
    }),
  ];
}

function thinkingBlock(thinking: string, pieces: string[]): Block {
  const signature = Bun.hash(thinking).toString(16);
  return {
    part: "thinking",
    empty: { type: "thinking", thinking: "", signature: "" },
    deltas: [
      ...pieces.map((piece) => ({ type: "thinking_delta", thinking: piece })),
      { type: "signature_delta", signature },
    ],
    whole: { type: "thinking", thinking, signature },
  };
}

function textBlock(text: string, pieces: string[]): Block {
  return {
    part: "answer",
    empty: { type: "text", text: "" },
    deltas: pieces.map((piece) => ({ type: "text_delta", text: piece })),
    whole: { type: "text", text },
  };
}

/** What the first event knows of the numbers: the prompt's. */
function started(reply: Told): object | null {
  return reply.usage && { ...usageOf(reply.usage), output_tokens: 0 };
}

function usageOf({ prompt_tokens, completion_tokens, prompt_tokens_details }: Usage): object {
  const cached = prompt_tokens_details.cached_tokens;
  return {
    input_tokens: prompt_tokens - cached,
    output_tokens: completion_tokens,
    cache_read_input_tokens: cached,
    cache_creation_input_tokens: 0,
  };
}

function ending(finish: string | null, usage: object | null): object {
  const stop_reason = finish === null ? null : (stopReasons[finish] ?? finish);
  return { stop_reason, stop_sequence: null, ...(usage !== null && { usage }) };
}

function stem({ id, model }: Subject): object {
  return { id: `msg_${id}`, type: "message", role: "assistant", model: served(model) ?? model };
}

function event(part: Frame["part"], type: string, more: object): Frame {
  return { part, event: type, data: JSON.stringify({ type, ...more }) };
}
