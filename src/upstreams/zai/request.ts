import type { ChatAsk, ChatMessage, ChatPart } from "~/chat/chat.ts";
import { type ChatModel, findModel } from "~/chat/models.ts";
import { readToolWish, type ToolWish } from "~/chat/tools.ts";
import { GatewayError } from "~/errors.ts";

/**
 * What differs between OpenAI's request and Z.ai's: only the fields named here are touched.
 * https://docs.z.ai/api-reference/llm/chat-completion
 */
export function requestEdits(ask: ChatAsk, modelId: string): Record<string, unknown> {
  const { body } = ask;
  const model = findModel(modelId);
  return {
    ...unsupported,
    model: modelId,
    messages: editMessages(body.messages, model),
    stream: ask.stream || body.stream !== undefined ? ask.stream : undefined,
    max_completion_tokens: undefined,
    max_tokens: maxTokens(body.max_completion_tokens ?? body.max_tokens, model),
    stop: oneStop(body.stop),
    ...editSampling(body),
    ...editTools(ask, model),
    ...editThinking(ask, model),
    user: undefined,
    user_id: body.user_id ?? userId(body.user),
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
  enable_thinking: undefined,
  chat_template_kwargs: undefined,
  reasoning: undefined,
};

/** Null where nothing needs an edit, so that long histories keep their identity and, with luck, their bytes. */
function editMessages(messages: ChatMessage[], model: ChatModel | null): ChatMessage[] {
  const edited = messages.map((message, i) => editMessage(message, i, model));
  return edited.some((message, i) => message !== messages[i]) ? edited : messages;
}

function editMessage(message: ChatMessage, i: number, model: ChatModel | null): ChatMessage {
  const { role, content } = message;
  if (role === "developer") return editMessage({ ...message, role: "system" }, i, model);
  if (!Array.isArray(content)) return message;
  // GLM's chat template silently drops lists in these two roles.
  if (role === "tool" || role === "assistant") return { ...message, content: joinText(content) };
  const parts = content.map((part, j) => editPart(part, `messages[${i}].content[${j}]`, model));
  return parts.some((part, j) => part !== content[j]) ? { ...message, content: parts } : message;
}

function joinText(parts: ChatPart[]): string {
  return parts.map(({ text, refusal }) => (typeof text === "string" ? text : (refusal ?? ""))).join("");
}

const mediaOf: Record<string, "image" | "video" | "file" | "audio"> = {
  image_url: "image",
  video_url: "video",
  document_url: "file",
  file_url: "file",
  file: "file",
  audio_url: "audio",
  input_audio: "audio",
};

function editPart(part: ChatPart, path: string, model: ChatModel | null): ChatPart {
  const medium = mediaOf[part.type];
  if (!medium || !model) return part;
  if (medium === "audio" || !model.media.includes(medium)) {
    const takes = model.media.length === 0 ? "text only" : `text and ${model.media.join(", ")}`;
    throw new GatewayError("model_not_multimodal", `'${path}' holds ${medium}, but ${model.id} takes ${takes}`, {
      param: path,
    });
  }
  if (part.type !== "document_url") return part;
  const { document_url, ...rest } = part;
  return { ...rest, type: "file_url", file_url: document_url };
}

function maxTokens(wanted: unknown, model: ChatModel | null): unknown {
  return typeof wanted === "number" && model ? Math.min(wanted, model.maxOutput) : (wanted ?? undefined);
}

function oneStop(stop: unknown): unknown {
  if (stop === null) return undefined;
  if (typeof stop === "string") return [stop];
  if (Array.isArray(stop) && stop.length > 1) {
    throw new GatewayError("invalid_request", "Z.ai takes one stop sequence, and 'stop' holds several", {
      param: "stop",
    });
  }
  return stop;
}

// Z.ai takes 0 to 1 where OpenAI goes to 2, and wants sampling switched off where OpenAI says 0.
function editSampling({ temperature, top_p, do_sample, n }: ChatAsk["body"]): Record<string, unknown> {
  if (typeof n === "number" && n > 1) {
    throw new GatewayError("invalid_request", "Z.ai gives one answer a request, and 'n' asks for several", {
      param: "n",
    });
  }
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
  if (model?.tools === false) {
    throw new GatewayError(
      "invalid_request",
      `'tools': ${model.id} calls no functions; GLM-4.6V and the text models do`,
      {
        param: "tools",
      },
    );
  }
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
    // Without it the arguments come in one piece at the end; models before 4.6 do not know it.
    tool_stream: ask.stream ? (tool_stream ?? (/^glm-4(\.5|-)/.test(model?.id ?? "") ? undefined : true)) : undefined,
  };
}

const mostTools = 128;

const isNamed = (choice: unknown): boolean => typeof choice === "object" && choice !== null;

function isAmong(wish: ToolWish, tool: { function?: { name?: unknown }; name?: unknown }): boolean {
  return wish.tools.some(({ name }) => name === (tool.function?.name ?? tool.name));
}

function editThinking({ body, thinking, effort }: ChatAsk, model: ChatModel | null): Record<string, unknown> {
  const own = typeof body.thinking === "object" && body.thinking !== null ? body.thinking : undefined;
  const mayChoose = model?.thinking === "switch" || model === null;
  const type = thinking ? "enabled" : "disabled";
  return {
    thinking: thinking === null || !mayChoose ? (mayChoose ? own : undefined) : { ...own, type },
    reasoning_effort: effort === null || !/^glm-5/.test(model?.id ?? "") ? undefined : (efforts[effort] ?? effort),
  };
}

/** GLM-5 knows three; the others of OpenAI's scale go to the nearest. */
const efforts: Record<string, string> = { minimal: "low", low: "low", medium: "high", high: "high", xhigh: "max" };

function userId(user: unknown): string | undefined {
  return typeof user === "string" && user.length >= 6 && user.length <= 128 ? user : undefined;
}
