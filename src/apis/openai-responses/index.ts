import type { ChatAsk } from "~/chat/chat.ts";
import { GatewayError } from "~/errors.ts";
import type { Sent } from "~/wire/json.ts";
import { parseEvent } from "~/wire/sse.ts";
import type { Api, Defaults } from "../api.ts";
import { houseAsk } from "../house.ts";
import { invalid, isObject, parseBody } from "../json.ts";
import { checkResponses } from "./check.ts";
import { failure } from "./failure.ts";
import type { Item, Memory } from "./memory.ts";
import { own } from "./own.ts";
import { toChat } from "./request.ts";
import { tell, tellWhole } from "./tell.ts";
import { readTurn } from "./turn.ts";
import { findUntold } from "./untold.ts";

/** OpenAI's Responses. https://platform.openai.com/docs/api-reference/responses */
export function createResponses(memory: Memory): Api {
  return {
    name: "responses",
    failure,
    read: (sent, _headers, defaults, keyId) => read(sent, defaults, memory, keyId),
    translation: { tell, tellWhole },
    remember: (said, ask, keyId, secrets) => remember(said, ask, memory, keyId, secrets),
    own,
  };
}

function read(sent: Sent, defaults: Defaults, memory: Memory, keyId: number): ChatAsk {
  const body = parseBody(sent);
  checkResponses(body);
  const { before, items, isAsSaid } = wholeInput(body, memory, keyId);
  const model = typeof body.model === "string" ? body.model : defaults.model;
  const effort = isObject(body.reasoning) && typeof body.reasoning.effort === "string" ? body.reasoning.effort : null;
  const input = [...before, ...items];
  return houseAsk({
    own: isAsSaid ? { body, sent } : inFull(body, input),
    body: toChat(body, model, input, before.length),
    untold: findUntold(body),
    model,
    stream: body.stream === true,
    thinking: effort === null ? null : effort !== "none",
    effort: effort === "none" ? null : effort,
  });
}

/** The input with everything in it that it only names: what was said before, and single items. */
function wholeInput({ input, previous_response_id: previous }: Item, memory: Memory, keyId: number) {
  const before = typeof previous === "string" ? memory.recall(keyId, previous) : [];
  if (before === null) {
    throw new GatewayError(
      "previous_response_not_found",
      `Previous response with id '${`${previous}`.slice(0, 100)}' not found: responses are kept for a few hours`,
      { param: "previous_response_id" },
    );
  }
  if (!Array.isArray(input)) {
    return { before, items: [{ type: "message", role: "user", content: input }], isAsSaid: before.length === 0 };
  }
  let isAsSaid = before.length === 0;
  const items = input.map((item: Item, i): Item => {
    if (!isObject(item) || item.type !== "item_reference") return item;
    const found = typeof item.id === "string" ? memory.recallItem(keyId, item.id) : null;
    if (found === null) {
      throw invalid(`input[${i}].id`, "names an item that is not known here (any more): send the item itself");
    }
    isAsSaid = false;
    return found;
  });
  return { before, items, isAsSaid };
}

/** For an upstream's own door: nothing in it refers to what only zgate knows. */
function inFull({ previous_response_id: _, ...body }: Item, input: readonly Item[]): NonNullable<ChatAsk["own"]> {
  const full = { ...body, input };
  return { body: full, sent: JSON.stringify(full) };
}

/** Keeps an answer for a request that goes on with it, unless the client wants none of that. */
function remember(said: string, { own }: ChatAsk, memory: Memory, keyId: number, secrets?: readonly string[]): void {
  const { body, sent: request } = own!;
  if (body.store === false) return;
  const answer = said.startsWith("{") ? said : (parseEvent(said)?.data ?? "{}");
  const turn = readTurn(body, JSON.parse(answer));
  if (turn === null) return;
  const words = secrets ? { request, answer, secrets } : null;
  memory.keep(keyId, { ...turn, bytes: request.length + answer.length }, words);
}
