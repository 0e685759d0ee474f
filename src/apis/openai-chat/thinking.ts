import type { ChatRequest } from "~/chat/chat.ts";
import { isObject } from "../json.ts";

/** What a client wants of thinking: on, off, or nothing said; and how hard. */
export interface ThinkingWish {
  thinking: boolean | null;
  effort: string | null;
}

/**
 * Reads every spelling that clients use, the most particular first:
 * GLM `thinking: {type}`, Qwen and vLLM `enable_thinking` (also inside `chat_template_kwargs`), OpenRouter
 * `reasoning: {enabled, effort}`, Z.ai2api `reasoning: true`, Ollama `think`, Qwen `thinking_budget`, OpenAI
 * `reasoning_effort`, all of these inside an `extra_body` that was meant for an SDK, and a header.
 */
export function readThinking(body: ChatRequest, headers: Headers): ThinkingWish {
  const { thinking, reasoning, chat_template_kwargs: template, extra_body: extra } = body;
  const effort = lower(body.reasoning_effort) ?? (isObject(reasoning) ? lower(reasoning.effort) : null);
  const said =
    (isObject(thinking) ? onOff(thinking.type) : onOff(thinking)) ??
    onOff(body.enable_thinking) ??
    (isObject(template) ? (onOff(template.enable_thinking) ?? onOff(template.thinking)) : null) ??
    (isObject(reasoning) ? onOff(reasoning.enabled) : onOff(reasoning)) ??
    onOff(body.think) ??
    (typeof body.thinking_budget === "number" ? body.thinking_budget !== 0 : null) ??
    (effort === null ? null : effort !== "none") ??
    (isObject(extra) ? readThinking({ ...extra, messages: [] }, new Headers()).thinking : null) ??
    onOff(headers.get("x-feature-thinking"));
  return { thinking: said, effort: effort === "none" ? null : effort };
}

const spellings: Record<string, boolean> = {
  true: true,
  enabled: true,
  on: true,
  adaptive: true,
  auto: true,
  false: false,
  disabled: false,
  off: false,
};

function onOff(value: unknown): boolean | null {
  if (typeof value === "boolean") return value;
  return typeof value === "string" ? (spellings[value.toLowerCase()] ?? null) : null;
}

function lower(value: unknown): string | null {
  return typeof value === "string" ? value.toLowerCase() : null;
}
