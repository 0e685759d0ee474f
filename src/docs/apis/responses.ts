import { askingModels, refusals } from "../refusals.ts";
import { anyOf, flag, json, list, number, open, orNull, ref, type Schemas, text, whole, word } from "../schema.ts";

/** OpenAI Responses. */
export const responsesSchemas: Schemas = {
  ResponsesRequest: open(
    {
      model: text(),
      input: anyOf(text(), list(open({ type: text() }), "Messages, calls, results, earlier items")),
      instructions: orNull(text("What the model is to be")),
      stream: flag(
        "Events of the Responses API; the last is response.completed, response.incomplete or response.failed",
      ),
      previous_response_id: orNull(text("Goes on from an answer that zgate still remembers: some hours, in memory")),
      store: flag("false: this answer is not remembered"),
      max_output_tokens: whole(undefined, { minimum: 1 }),
      temperature: number(undefined, { minimum: 0, maximum: 2 }),
      tools: list(
        open({ type: text() }),
        "Functions; tools that run at OpenAI are left out where there is no counterpart",
      ),
      tool_choice: anyOf(text(), open({})),
      reasoning: open({ effort: text() }),
      text: open({ format: open({ type: word("text", "json_object", "json_schema") }) }),
    },
    ["input"],
  ),
  Response: open(
    {
      id: text(),
      object: text("", { const: "response" }),
      created_at: whole("Seconds since 1970"),
      status: word("completed", "incomplete", "failed", "in_progress"),
      model: text(),
      output: list(open({ type: word("message", "reasoning", "function_call", "custom_tool_call") }, ["type"])),
      error: orNull(open({ code: text(), message: text() })),
      incomplete_details: orNull(open({ reason: text() })),
      usage: orNull(open({ input_tokens: whole(), output_tokens: whole(), total_tokens: whole() })),
    },
    ["id", "object", "status", "model", "output"],
  ),
};

export const createResponse = {
  tags: ["OpenAI"],
  summary: "Answer (Responses)",
  operationId: "createResponse",
  requestBody: {
    required: true,
    content: json(ref("ResponsesRequest"), { model: "glm-4.7", input: "What is 7 + 5?" }),
  },
  responses: {
    200: {
      description: "The answer: one JSON body, or events with `stream: true`.",
      content: { ...json(ref("Response")), "text/event-stream": { schema: text() } },
    },
    ...refusals(askingModels),
  },
};
