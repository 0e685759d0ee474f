import { askingModels, refusals } from "../refusals.ts";
import {
  anyOf,
  flag,
  json,
  list,
  number,
  object,
  open,
  orNull,
  ref,
  type Schemas,
  text,
  whole,
  word,
} from "../schema.ts";

/** Anthropic Messages. */
export const messagesSchemas: Schemas = {
  MessagesRequest: open(
    {
      model: text("A GLM model, or one of Claude's names: they stand for GLM models"),
      max_tokens: whole(undefined, { minimum: 1 }),
      messages: list(
        open({ role: word("user", "assistant"), content: anyOf(text(), list(open({ type: text() }, ["type"]))) }, [
          "role",
          "content",
        ]),
      ),
      system: anyOf(text(), list(open({ type: text() }, ["type"]))),
      stream: flag("Anthropic's events; the last is message_stop"),
      temperature: number(undefined, { minimum: 0, maximum: 1 }),
      stop_sequences: list(text()),
      tools: list(open({ name: text(), description: text(), input_schema: {} })),
      tool_choice: open({ type: word("auto", "any", "tool", "none") }),
      thinking: open({ type: word("enabled", "disabled", "adaptive"), budget_tokens: whole() }),
    },
    ["model", "max_tokens", "messages"],
  ),
  Message: open(
    {
      id: text(),
      type: text("", { const: "message" }),
      role: text("", { const: "assistant" }),
      model: text(),
      content: list(open({ type: word("text", "thinking", "redacted_thinking", "tool_use") }, ["type"])),
      stop_reason: orNull(word("end_turn", "max_tokens", "stop_sequence", "tool_use", "refusal")),
      stop_sequence: orNull(text()),
      usage: open({ input_tokens: whole(), output_tokens: whole(), cache_read_input_tokens: whole() }),
    },
    ["id", "type", "role", "model", "content", "stop_reason", "usage"],
  ),
  TokenCount: object({ input_tokens: whole("`x-zgate-token-count` says whether Z.ai counted, or zgate estimated") }),
};

const example = { model: "glm-4.7", max_tokens: 1024, messages: [{ role: "user", content: "What is 7 + 5?" }] };

const createMessage = {
  tags: ["Anthropic"],
  summary: "Answer a conversation (Messages)",
  requestBody: { required: true, content: json(ref("MessagesRequest"), example) },
  responses: {
    200: {
      description:
        "The answer: one JSON body, or events with `stream: true`. An error in mid-stream is an event `error`, and " +
        "nothing follows it.",
      content: { ...json(ref("Message")), "text/event-stream": { schema: text() } },
    },
    ...refusals(askingModels, "AnthropicError"),
  },
};

const countTokens = {
  tags: ["Anthropic"],
  summary: "How many tokens a request would be",
  requestBody: {
    required: true,
    content: json(open({ model: text(), messages: list(open({})) }, ["model", "messages"]), {
      model: example.model,
      messages: example.messages,
    }),
  },
  responses: {
    200: { description: "The number.", content: json(ref("TokenCount")) },
    ...refusals(askingModels, "AnthropicError"),
  },
};

/** Below `/v1`, and below `/anthropic/v1` for clients that want a base of their own. */
export const messagesPaths = {
  "/v1/messages": { post: { ...createMessage, operationId: "createMessage" } },
  "/v1/messages/count_tokens": { post: { ...countTokens, operationId: "countTokens" } },
  "/anthropic/v1/messages": { post: { ...createMessage, operationId: "createMessageBelowAnthropic" } },
  "/anthropic/v1/messages/count_tokens": { post: { ...countTokens, operationId: "countTokensBelowAnthropic" } },
};
