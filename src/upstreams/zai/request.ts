import type { ChatAsk, ChatMessage, ChatPart, ChatRequest } from "~/chat/chat.ts";
import { mediumNames, readMedia } from "~/chat/media.ts";
import { type ChatModel, findModel } from "~/chat/models.ts";
import { placeOf } from "~/chat/places.ts";
import { stopsOf } from "~/chat/stop.ts";
import { withSystemWords } from "~/chat/system.ts";
import { inlineTextFile } from "~/chat/text-file.ts";
import { readToolWish, type ToolWish } from "~/chat/tools.ts";
import { requireGivable } from "~/chat/ungiven.ts";
import { GatewayError } from "~/errors.ts";
import { editPart, requireOneKind } from "./media.ts";

/**
 * What differs between OpenAI's request and Z.ai's: only the fields named here are touched.
 * https://docs.z.ai/api-reference/llm/chat-completion
 */
export function requestEdits(ask: ChatAsk, modelId: string): Record<string, unknown> {
  const { body } = ask;
  const model = findModel(modelId);
  requireGivable(body);
  return {
    ...unsupported,
    model: modelId,
    messages: withDemand(editMessages(body.messages, model), readToolWish(body)),
    stream: ask.stream || body.stream !== undefined ? ask.stream : undefined,
    max_completion_tokens: undefined,
    max_tokens: maxTokens(body.max_completion_tokens ?? body.max_tokens, model),
    stop: oneStop(body.stop),
    ...editSampling(body),
    ...editTools(ask, model),
    ...editThinking(ask, model),
    user: undefined,
    user_id: userId(body.user_id) ?? userId(body.user),
  };
}

/** OpenAI's fields that Z.ai has nothing like, and other systems' spellings that have been read already. */
const unsupported = {
  stream_options: undefined,
  logprobs: undefined,
  top_logprobs: undefined,
  logit_bias: undefined,
  presence_penalty: undefined,
  frequency_penalty: undefined,
  parallel_tool_calls: undefined,
  service_tier: undefined,
  store: undefined,
  metadata: undefined,
  n: undefined,
  verbosity: undefined,
  functions: undefined,
  function_call: undefined,
  modalities: undefined,
  enable_thinking: undefined,
  chat_template_kwargs: undefined,
  reasoning: undefined,
};

/** The very same list where nothing needs an edit, so that long histories keep their identity and, with luck, their bytes. */
function editMessages(messages: ChatMessage[], model: ChatModel | null): ChatMessage[] {
  const edited = messages.map((message, i) => editMessage(message, i, model));
  requireOneKind(edited);
  return edited.some((message, i) => message !== messages[i]) ? edited : messages;
}

/**
 * Only `auto` is documented. So what else a client wants of its tools is told to the model in words; whether it has kept to
 * that is looked at when it has answered.
 */
function withDemand(messages: ChatMessage[], wish: ToolWish | null): ChatMessage[] {
  if (wish === null || (!wish.mustCall && wish.mayRepeat)) return messages;
  const [only, ...others] = wish.tools;
  const which = others.length === 0 ? `the function \`${only?.name}\`` : "at least one of the functions";
  const must = wish.mustCall ? `This answer must call ${which}; words alone are not accepted.` : "";
  const once = wish.mayRepeat ? "" : "An answer holds at most one call.";
  return withSystemWords(messages, `${must} ${once}`.trim());
}

function editMessage(message: ChatMessage, i: number, model: ChatModel | null): ChatMessage {
  const { role, content } = message;
  if (role === "developer") return editMessage({ ...message, role: "system" }, i, model);
  if (role === "function" || message.function_call) return editMessage(inToolWords(message), i, model);
  if (!Array.isArray(content)) return message;
  // GLM's chat template silently drops lists in these roles.
  if (role !== "user") return { ...message, content: joinText(content, i, role) };
  const parts = content.map((part, j) => editPart(part, i, j, model));
  return parts.some((part, j) => part !== content[j]) ? { ...message, content: parts } : message;
}

/** OpenAI's older words for a call and its result. */
function inToolWords({ function_call, ...message }: ChatMessage): ChatMessage {
  const { name = "" } = (function_call ?? message) as { name?: string };
  if (message.role === "function") return { ...message, role: "tool", tool_call_id: `call_${name}` };
  return { ...message, tool_calls: [{ id: `call_${name}`, type: "function", function: function_call }] };
}

function joinText(parts: ChatPart[], i: number, role: string): string {
  const texts = parts.map((part, j) => {
    const found = readMedia(part, i, j);
    const text = found ? inlineTextFile(part, found)?.text : (part.text ?? part.refusal ?? "");
    if (typeof text === "string") return text;
    const path = placeOf(part, `messages[${i}].content[${j}]`);
    const what = found ? mediumNames[found.medium] : "something else";
    throw new GatewayError("invalid_request", `'${path}' holds ${what}, and Z.ai takes only text from the ${role}`, {
      param: path,
    });
  });
  return texts.join("\n");
}

function maxTokens(wanted: unknown, model: ChatModel | null): unknown {
  return typeof wanted === "number" && model ? Math.min(wanted, model.maxOutput) : (wanted ?? undefined);
}

// Z.ai takes one; the others are looked for on the way back (`localStops`).
function oneStop(stop: unknown): unknown {
  const [first] = stopsOf(stop);
  if (first === undefined) return undefined;
  return Array.isArray(stop) && stop.length === 1 ? stop : [first];
}

/** The stop sequences that Z.ai is not told of. */
export function localStops({ stop }: ChatRequest): string[] {
  return stopsOf(stop).slice(1);
}

// Z.ai takes 0 to 1 where OpenAI goes to 2, and wants sampling switched off where OpenAI says 0.
function editSampling({ temperature, top_p, do_sample }: ChatAsk["body"]): Record<string, unknown> {
  const greedy = temperature === 0;
  return {
    temperature: greedy ? undefined : typeof temperature === "number" ? Math.min(temperature, 1) : undefined,
    top_p: typeof top_p === "number" ? Math.max(top_p, 0.01) : undefined,
    do_sample: greedy ? false : do_sample,
  };
}

function editTools(ask: ChatAsk, model: ChatModel | null): Record<string, unknown> {
  const { body } = ask;
  const { tools, tool_stream } = body;
  const wish = readToolWish(body);
  if (!Array.isArray(tools) || tools.length === 0 || body.tool_choice === "none") {
    // Only `auto` is documented; not to offer a tool is the one sure way not to have it called.
    return { tools: undefined, tool_choice: undefined, tool_stream: undefined };
  }
  requireCalls(model);
  if (tools.length > mostTools) {
    throw new GatewayError("invalid_request", `'tools' holds ${tools.length}, and Z.ai takes ${mostTools}`, {
      param: "tools",
    });
  }
  const meant = isNamed(body.tool_choice) && wish ? tools.filter((tool) => isAmong(wish, tool)) : tools;
  const nested = meant.map((tool) => {
    if (tool.type !== "function" || tool.function) return tool;
    const { type, ...definition } = tool;
    return { type, function: definition };
  });
  return {
    tools: nested.length < tools.length || nested.some((tool, i) => tool !== tools[i]) ? nested : tools,
    tool_choice: body.tool_choice === undefined || body.tool_choice === null ? undefined : "auto",
    // Without it the arguments come in one piece at the end; models before 4.6 do not know it.
    tool_stream: ask.stream ? (tool_stream ?? (/^glm-4(\.5|-)/.test(model?.id ?? "") ? undefined : true)) : undefined,
  };
}

/** Refuses tools for a model that calls none. */
export function requireCalls(model: ChatModel | null): void {
  if (model?.tools !== false) return;
  const message = `'tools': ${model.id} calls no functions; GLM-4.6V and the text models do`;
  throw new GatewayError("invalid_request", message, { param: "tools" });
}

const mostTools = 128;

const isNamed = (choice: unknown): boolean => typeof choice === "object" && choice !== null;

function isAmong(wish: ToolWish, tool: { function?: { name?: unknown }; name?: unknown }): boolean {
  return wish.tools.some(({ name }) => name === (tool.function?.name ?? tool.name));
}

// A model that always thinks refuses `disabled`: it gets the least effort instead.
function editThinking({ body, thinking, effort }: ChatAsk, model: ChatModel | null): Record<string, unknown> {
  const own = typeof body.thinking === "object" && body.thinking !== null ? body.thinking : undefined;
  const said = thinking === null ? own : { ...own, type: thinking ? "enabled" : "disabled" };
  const kind = model?.thinking ?? "switch";
  const wanted = effort ?? (kind === "always" && thinking === false ? "low" : null);
  return {
    thinking: thinkingFor[kind](said, own),
    reasoning_effort: wanted === null || !/^glm-5/.test(model?.id ?? "") ? undefined : (efforts[wanted] ?? wanted),
  };
}

type Own = object | undefined;

const thinkingFor: Record<ChatModel["thinking"], (said: Own, own: Own) => Own> = {
  switch: (said) => said,
  always: (_, own) => own && { ...own, type: "enabled" },
  never: () => undefined,
};

/** GLM-5 knows three; the others of OpenAI's scale go to the nearest. */
const efforts: Record<string, string> = { minimal: "low", low: "low", medium: "high", high: "high", xhigh: "max" };

/** Z.ai takes 6 to 128 characters. */
function userId(user: unknown): string | undefined {
  return typeof user === "string" && user.length >= 6 && user.length <= 128 ? user : undefined;
}
