import { type Alias, findAlias } from "~/chat/aliases.ts";
import type { ChatAsk } from "~/chat/chat.ts";
import type { Sent } from "~/wire/json.ts";
import type { Api, Defaults } from "../api.ts";
import { nothing } from "../glimpse.ts";
import { houseAsk } from "../house.ts";
import { isObject, parseBody } from "../json.ts";
import { claudeAliases } from "./aliases.ts";
import { checkMessages } from "./check.ts";
import { failure } from "./failure.ts";
import { own } from "./own.ts";
import { toChat } from "./request.ts";
import { tell, tellWhole } from "./tell.ts";
import { findUntold } from "./untold.ts";

/** Anthropic's Messages. https://docs.anthropic.com/en/api/messages */
export function createMessages(aliases: readonly Alias[] = claudeAliases): Api {
  return {
    name: "messages",
    failure,
    read: (sent, _headers, defaults) => read(sent, defaults, aliases, true),
    translation: { tell, tellWhole },
    own,
  };
}

/** How many tokens a message would have. https://docs.anthropic.com/en/api/messages-count-tokens */
export function createTokenCounter(aliases: readonly Alias[] = claudeAliases): Api {
  return {
    name: "count_tokens",
    failure,
    read: (sent, _headers, defaults) => ({ ...read(sent, defaults, aliases, false), stream: false }),
    translation: null,
    own: {
      ...own,
      glimpseWhole(text) {
        const said: unknown = JSON.parse(text);
        const isFinished = isObject(said) && typeof said.input_tokens === "number";
        return { ...nothing, isFinished, isError: !isFinished };
      },
    },
  };
}

function read(sent: Sent, defaults: Defaults, aliases: readonly Alias[], isAnswered: boolean): ChatAsk {
  const own = parseBody(sent);
  checkMessages(own, isAnswered);
  const { model: asked, thinking, output_config: output } = own;
  const model = typeof asked === "string" ? asked : defaults.model;
  const effort = isObject(output) && typeof output.effort === "string" ? output.effort.toLowerCase() : null;
  return houseAsk({
    own: { body: own, sent },
    body: toChat(own, model),
    untold: findUntold(own),
    model,
    alias: findAlias(model, aliases),
    stream: own.stream === true,
    // Anthropic's models think when they are told to, and their clients count on that.
    thinking: isObject(thinking) && thinking.type !== "disabled",
    effort,
  });
}
