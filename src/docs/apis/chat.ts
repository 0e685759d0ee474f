import { askingModels, refusals } from "../refusals.ts";
import { anyOf, flag, json, list, number, open, orNull, ref, type Schemas, text, whole, word } from "../schema.ts";

/** OpenAI Chat Completions, with what Z.ai adds to it. */
export const chatSchemas: Schemas = {
  ChatRequest: open(
    {
      model: text("Where it is missing, the gateway's own default is used"),
      messages: list(ref("ChatMessage"), "The conversation so far"),
      stream: flag("Server-sent events instead of one JSON body"),
      stream_options: open({ include_usage: flag("Whether a last chunk tells the tokens") }),
      temperature: number("0 to 2; Z.ai takes 1 at most", { minimum: 0, maximum: 2 }),
      top_p: number(undefined, { minimum: 0, maximum: 1 }),
      max_tokens: whole("Cut to what the model gives", { minimum: 1 }),
      max_completion_tokens: whole("The same", { minimum: 1 }),
      stop: anyOf(text(), list(text())),
      tools: list(open({ type: text(), function: open({ name: text(), description: text(), parameters: {} }) })),
      tool_choice: anyOf(word("none", "auto", "required"), open({})),
      parallel_tool_calls: flag(),
      response_format: open({ type: word("text", "json_object", "json_schema"), json_schema: open({}) }),
      thinking: open({ type: word("enabled", "disabled") }),
      reasoning_effort: text("OpenAI's switch for thinking; `none` turns it off"),
    },
    ["messages"],
  ),
  ChatMessage: open(
    {
      role: word("system", "developer", "user", "assistant", "tool"),
      content: anyOf(text(), list(ref("Part")), { type: "null" }),
      tool_calls: list(ref("ToolCall")),
      tool_call_id: text("Which call a message of the role `tool` answers"),
      reasoning_content: text("Thinking of an earlier answer"),
    },
    ["role"],
  ),
  Part: open(
    {
      type: word("text", "image_url", "video_url", "document_url", "file_url", "file", "audio_url", "input_audio"),
      text: text(),
      image_url: open({ url: text("https://… or data:image/jpeg;base64,…") }),
      video_url: open({ url: text() }),
      document_url: open({ url: text() }),
      file_url: open({ url: text() }),
      audio_url: open({ url: text("data:audio/wav;base64,…; never an address") }),
      input_audio: open({ data: text("Base64"), format: word("wav", "mp3") }),
    },
    ["type"],
  ),
  ToolCall: open({ id: text(), type: text(), function: open({ name: text(), arguments: text("JSON") }) }),
  ChatCompletion: open(
    {
      id: text(),
      object: text("", { const: "chat.completion" }),
      created: whole("Seconds since 1970"),
      model: text("The model, by the name that was asked for"),
      choices: list(
        open({
          index: whole(),
          message: open({
            role: text("", { const: "assistant" }),
            content: orNull(text()),
            reasoning_content: text("The model's thinking, where it is shown"),
            tool_calls: list(ref("ToolCall")),
          }),
          finish_reason: word("stop", "length", "tool_calls", "content_filter"),
        }),
      ),
      usage: ref("Usage"),
    },
    ["id", "object", "created", "model", "choices"],
  ),
  Usage: open({
    prompt_tokens: whole(),
    completion_tokens: whole(),
    total_tokens: whole(),
    prompt_tokens_details: open({ cached_tokens: whole() }),
    completion_tokens_details: open({ reasoning_tokens: whole() }),
    estimated: flag("Whether zgate counted, since the upstream told nothing"),
  }),
};

const thinkTagsMode = {
  in: "header" as const,
  name: "x-think-tags-mode",
  description: "How the model's thinking is shown in this answer. The gateway's `THINK_TAGS_MODE` unless said.",
  schema: word("reasoning", "think", "pure", "raw", "strip", "hide"),
};

export const createChatCompletion = {
  tags: ["OpenAI"],
  summary: "Answer a conversation (Chat Completions)",
  operationId: "createChatCompletion",
  parameters: [thinkTagsMode],
  requestBody: {
    required: true,
    content: json(ref("ChatRequest"), {
      model: "glm-4.7",
      stream: false,
      messages: [{ role: "user", content: "What is 7 + 5?" }],
    }),
  },
  responses: {
    200: {
      description:
        "The answer: one JSON body, or, with `stream: true`, events of `chat.completion.chunk` that end with " +
        '`data: [DONE]`. An error in mid-stream is an event `data: {"error": …}`, and nothing follows it.',
      content: { ...json(ref("ChatCompletion")), "text/event-stream": { schema: text() } },
    },
    ...refusals(askingModels),
  },
};
