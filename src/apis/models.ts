import type { ChatModel } from "~/chat/models.ts";
import type { Price } from "~/chat/prices.ts";

/** A name that can be asked for, and what is known of the model behind it. */
export interface ListedModel {
  name: string;
  /** Null where only its upstream knows. */
  model: ChatModel | null;
  price: Price | null;
}

/**
 * The model list in OpenAI's shape, with the few fields beside it that Anthropic's clients look for: one answer for both.
 * https://platform.openai.com/docs/api-reference/models https://docs.anthropic.com/en/api/models-list
 */
export function modelList(models: readonly ListedModel[], created: number): string {
  const data = models.map((model) => modelObject(model, created));
  const [first, last] = [data[0], data.at(-1)].map((model) => model?.id ?? null);
  return JSON.stringify({ object: "list", data, has_more: false, first_id: first, last_id: last });
}

export function modelText(model: ListedModel, created: number): string {
  return JSON.stringify(modelObject(model, created));
}

/** OpenAI's four fields and Anthropic's three, and behind them what agents read to size their requests, by the names that each of them knows. */
function modelObject({ name, model, price }: ListedModel, created: number) {
  return {
    id: name,
    object: "model",
    created,
    owned_by: "z.ai",
    type: "model",
    display_name: name,
    created_at: new Date(created * 1000).toISOString(),
    ...(model && {
      context_length: model.context,
      context_window: model.context,
      max_output_tokens: model.maxOutput,
      max_completion_tokens: model.maxOutput,
      architecture: { input_modalities: ["text", ...model.media], output_modalities: ["text"] },
      supported_parameters: parametersOf(model),
    }),
    ...(price?.currency === "USD" && {
      pricing: {
        prompt: perToken(price.inputMicro),
        completion: perToken(price.outputMicro),
        input_cache_read: perToken(price.cachedMicro),
      },
    }),
  };
}

function parametersOf({ tools, thinking }: ChatModel): string[] {
  return [
    ...["max_tokens", "temperature", "top_p", "stop", "stream", "response_format", "structured_outputs"],
    ...(tools ? ["tools", "tool_choice"] : []),
    ...(thinking === "never" ? [] : ["reasoning", "reasoning_effort", "thinking"]),
  ];
}

/** Dollars for one token, as a decimal without an exponent, from millionths of a dollar for a million. */
function perToken(micro: number): string {
  const decimal = (micro / 1e12).toFixed(12).replace(/0+$/, "");
  return decimal.endsWith(".") ? "0" : decimal;
}
