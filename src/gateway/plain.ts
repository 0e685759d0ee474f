import { failure as messagesFailure } from "~/apis/anthropic-messages/failure.ts";
import { modelList, modelText } from "~/apis/models.ts";
import { failure } from "~/apis/openai-chat/failure.ts";
import { findModel } from "~/chat/models.ts";
import { GatewayError } from "~/errors.ts";
import { complete, identify, onRecord, type Visitor } from "./exchange.ts";
import type { Line } from "./forward.ts";
import { allowsModel } from "./limits.ts";

/** Whether whoever asks may use a model. */
type Allows = (name: string) => boolean;
type Answer = (request: Request, visitor: Visitor) => Promise<Response>;

/** `GET /v1/models` and `/v1/models/{id}`; without a key where the owner lets the names be public. */
export function createModels(line: Line, isPublic: boolean) {
  const since = Math.floor(line.clock.now() / 1000);
  const answer = (request: Request, visitor: Visitor, text: (allows: Allows) => Promise<string>) =>
    onRecord(line, request, visitor, { name: "models", failure }, async (exchange) => {
      const verified = !isPublic || showsKey(request) ? identify(line, exchange) : null;
      const allows: Allows = (name) =>
        verified === null || allowsModel(verified.key, [name, findModel(name)?.id ?? name]);
      return complete(line, exchange, await text(allows));
    });
  return {
    list: ((request, visitor) =>
      answer(request, visitor, async (allows) =>
        modelList((await line.fleet.list()).filter(allows), since),
      )) satisfies Answer,
    one: (request: Request, visitor: Visitor, id: string) =>
      answer(request, visitor, async () => {
        await line.fleet.find(id);
        return modelText(id, since);
      }),
  };
}

/** A path below the APIs that is none of ours, or one of ours asked in the wrong way: on record like everything else. */
export function createRefusal(line: Line) {
  return {
    unknownPath: ((request, visitor) =>
      onRecord(line, request, visitor, speakerAt(visitor.path), async () => {
        throw new GatewayError("not_found", `There is nothing at ${request.method} ${visitor.path.slice(0, 100)}`);
      })) satisfies Answer,
    wrongMethod:
      (allow: string): Answer =>
      (request, visitor) =>
        onRecord(line, request, visitor, speakerAt(visitor.path), async () => {
          const message = `${visitor.path.slice(0, 100)} takes ${allow}, not ${request.method}`;
          throw new GatewayError("method_not_allowed", message, { headers: { allow } });
        }),
  };
}

/** Refused in the words of whoever would have been asked there. */
function speakerAt(path: string) {
  const isAnthropic = /^\/(anthropic|v1\/messages)(\/|$)/.test(path);
  return { name: "none", failure: isAnthropic ? messagesFailure : failure };
}

const showsKey = ({ headers }: Request): boolean => headers.has("authorization") || headers.has("x-api-key");
