import type { ChatRequest } from "~/chat/chat.ts";
import { findModel } from "~/chat/models.ts";
import { requireTaken } from "./media.ts";
import { requireCalls } from "./request.ts";

/** The bases behind which the further doors stand: Z.ai's and bigmodel's own form, of the general and the coding API. */
const baseForm = /\/api\/(coding\/)?paas\/v4$/;

/** Whether Z.ai's doors for other APIs are to be sought at this base. */
export const hasDoors = (url: string): boolean => baseForm.test(url);

/** A door's address, on the same origin as the base: `anthropic/v1/messages`. */
export const doorUrl = (url: string, path: string): string => url.replace(baseForm, `/api/${path}`);

/** Refuses what a model cannot do. A door might leave it out instead, and its answer would look as if nothing were missing. */
export function requireAble({ messages, tools, tool_choice: choice }: ChatRequest, modelId: string): void {
  const model = findModel(modelId);
  requireTaken(messages, model);
  if (Array.isArray(tools) && tools.length > 0 && choice !== "none") requireCalls(model);
}
