import { officialModels } from "../models.ts";
import { json, type Trouble, troubles, type Whole } from "../trouble.ts";
import type { Call, Told } from "../words.ts";
import { hasMedia, readPrompt } from "./ask.ts";
import { type Ask, type Complaint, type Face, type Frame, isRecord, recordsIn, type Subject } from "./face.ts";

/** The official API, Chat Completions as Z.ai has them. https://docs.z.ai/api-reference/llm/chat-completion */
export const official: Face = {
  name: "official",
  check,
  prompt: ({ body }) => readPrompt(body, !isRecord(body.thinking) || body.thinking.type !== "disabled"),
  streams: ({ body }) => body.stream === true,
  frames(reply, ask) {
    const { thinking, answer } = reply;
    const calls = reply.calls.flatMap((call, index) =>
      callDeltas(call, index, ask.body.tool_stream === true).map((delta) => frame(ask, "call", delta)),
    );
    return [
      ...thinking.map((text) => frame(ask, "thinking", { reasoning_content: text })),
      ...answer.map((text) => frame(ask, "answer", { content: text })),
      ...calls,
      finish(ask, reply),
      { part: "done", data: "[DONE]" },
    ];
  },
  whole(reply, ask) {
    const message = {
      role: "assistant",
      content: reply.answer.join(""),
      ...(reply.thinking.length > 0 && { reasoning_content: reply.thinking.join("") }),
      ...(reply.calls.length > 0 && { tool_calls: reply.calls.map(toolCall) }),
    };
    return JSON.stringify({
      id: ask.id,
      request_id: `req-${ask.id}`,
      created: ask.created,
      model: ask.model,
      object: "chat.completion",
      choices: [{ index: 0, message, finish_reason: reply.finish }],
      ...(reply.usage !== null && { usage: reply.usage }),
    });
  },
  refusal,
  inband: ({ code, message }) => ({ part: "error", data: JSON.stringify({ error: { code, message } }) }),
};

function refusal({ status, code, message }: Trouble): Whole {
  return json(status, { error: { code, message } });
}

/** The rules that zgate has to keep: the real one answers 1210 with a sentence, and so do we. */
function check({ body, bearer, model }: Ask): Complaint | null {
  if (bearer === null) return complain(troubles[1001]!, "no bearer");
  const known = officialModels.find((candidate) => candidate.id === model);
  if (known === undefined) return complain(troubles[1211]!, `unknown model ${model}`);
  const wrong = [
    ...rules.filter((rule) => rule.broken(body)).map((rule) => rule.says),
    ...(hasMedia(body) && !known.sees ? ["messages.content.type must be in ['text']"] : []),
    ...(outside(body.max_tokens, 1, known.maxTokens) ? [`max_tokens must be in [1, ${known.maxTokens}]`] : []),
    ...(known.mustThink && isRecord(body.thinking) && body.thinking.type === "disabled"
      ? ["thinking cannot be disabled for this model"]
      : []),
  ];
  if (wrong[0] === undefined) return null;
  return complain({ ...troubles[1210]!, message: `Invalid API parameter: ${wrong[0]}` }, wrong[0]);
}

function complain(trouble: Trouble, violation: string): Complaint {
  return { violation, answer: refusal(trouble) };
}

const roles = new Set(["system", "user", "assistant", "tool"]);

const rules: { says: string; broken: (body: Record<string, unknown>) => boolean }[] = [
  { says: "messages must not be empty", broken: (body) => recordsIn(body.messages).length === 0 },
  { says: "unknown role", broken: (body) => recordsIn(body.messages).some(({ role }) => !roles.has(`${role}`)) },
  {
    says: "content of a tool message must be a string",
    broken: (body) =>
      recordsIn(body.messages).some(({ role, content }) => role === "tool" && typeof content !== "string"),
  },
  {
    says: "content of an assistant message must be a string",
    broken: (body) =>
      recordsIn(body.messages).some(({ role, content }) => role === "assistant" && Array.isArray(content)),
  },
  { says: "temperature must be in [0, 1]", broken: (body) => outside(body.temperature, 0, 1) },
  { says: "top_p must be in [0.01, 1]", broken: (body) => outside(body.top_p, 0.01, 1) },
  {
    says: "stop must be a list of one string",
    broken: ({ stop }) => stop !== undefined && stop !== null && !(Array.isArray(stop) && stop.length <= 1),
  },
  { says: "tool_stream needs stream", broken: (body) => body.tool_stream === true && body.stream !== true },
  { says: "at most 128 tools", broken: (body) => recordsIn(body.tools).length > 128 },
  {
    says: "response_format.type must be text or json_object",
    broken: ({ response_format }) => isRecord(response_format) && response_format.type === "json_schema",
  },
  {
    says: "user_id must have 6 to 128 characters",
    broken: ({ user_id }) => typeof user_id === "string" && outside(user_id.length, 6, 128),
  },
];

function outside(value: unknown, low: number, high: number): boolean {
  return value !== undefined && value !== null && !(typeof value === "number" && value >= low && value <= high);
}

function callDeltas(call: Call, index: number, inPieces: boolean): object[] {
  const whole = { index, ...toolCall(call) };
  if (!inPieces) return [{ tool_calls: [whole] }];
  const middle = Math.ceil(call.arguments.length / 2);
  const parts = [call.arguments.slice(0, middle), call.arguments.slice(middle)].filter((part) => part !== "");
  return [
    { tool_calls: [{ ...whole, function: { name: call.name, arguments: "" } }] },
    ...parts.map((part) => ({ tool_calls: [{ index, function: { arguments: part } }] })),
  ];
}

function toolCall(call: Call): object {
  return { id: call.id, type: "function", function: { name: call.name, arguments: call.arguments } };
}

/** Every delta repeats the role, and no chunk before the last has a finish reason: not even null. */
function frame(ask: Subject, part: Frame["part"], delta: object): Frame {
  return {
    part,
    data: JSON.stringify({ ...stem(ask), choices: [{ index: 0, delta: { role: "assistant", ...delta } }] }),
  };
}

function finish(ask: Subject, reply: Told): Frame {
  const choice = { index: 0, finish_reason: reply.finish, delta: { role: "assistant", content: "" } };
  const usage = reply.usage === null ? {} : { usage: reply.usage };
  return { part: "finish", data: JSON.stringify({ ...stem(ask), choices: [choice], ...usage }) };
}

function stem({ id, created, model }: Subject): object {
  return { id, created, object: "chat.completion.chunk", model };
}
