import { failure as messagesFailure } from "~/apis/anthropic-messages/failure.ts";
import { type ListedModel, modelList, modelText } from "~/apis/models.ts";
import { failure } from "~/apis/openai-chat/failure.ts";
import { longestModelName } from "~/apis/rules.ts";
import { findModel } from "~/chat/models.ts";
import { listedPrices, type Price } from "~/chat/prices.ts";
import { GatewayError } from "~/errors.ts";
import { complete, identify, onRecord, type Visitor } from "./exchange.ts";
import type { Line } from "./forward.ts";
import { allowsModel } from "./limits.ts";

/** What whoever asks is told of a model; null where he may not use it. */
type Describe = (name: string) => Promise<ListedModel | null>;
type Answer = (request: Request, visitor: Visitor) => Promise<Response>;

/**
 * `GET /v1/models` and `/v1/models/{id}`; without a key where the owner lets the names be public. The owner's own prices
 * are for holders of a key.
 */
export function createModels(line: Line, isPublic: boolean, priceOf: (model: string) => Price | null) {
  const since = Math.floor(line.clock.now() / 1000);
  const answer = (request: Request, visitor: Visitor, text: (describe: Describe) => Promise<string>) =>
    onRecord(line, request, visitor, { name: "models", failure }, async (exchange) => {
      const verified = !isPublic || showsKey(request) ? identify(line, exchange) : null;
      const describe: Describe = async (name) => {
        const found = await line.fleet.find(name).catch(nullIfUnknown);
        if (found === null) return null;
        const { model: served } = found;
        const model = findModel(served.id) ?? findModel(served.name);
        const id = model?.id ?? served.id;
        if (verified !== null && !allowsModel(verified.key, [name, id])) return null;
        return { name, model, price: verified === null ? (listedPrices.get(id) ?? null) : priceOf(id) };
      };
      return complete(line, exchange, await text(describe));
    });
  return {
    list: ((request, visitor) =>
      answer(request, visitor, async (describe) => {
        const models = await Promise.all((await line.fleet.list()).map(describe));
        return modelList(
          models.filter((model) => model !== null),
          since,
        );
      })) satisfies Answer,
    one: (request: Request, visitor: Visitor, id: string) =>
      answer(request, visitor, async (describe) => {
        const model = id.length > longestModelName ? null : await describe(id);
        if (model !== null) return modelText(model, since);
        throw new GatewayError("model_not_found", `The model '${id.slice(0, 100)}' does not exist here`, {
          param: "model",
        });
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
    noHost: ((request, visitor) =>
      onRecord(line, request, visitor, speakerAt(visitor.path), async () => {
        throw noHost();
      })) satisfies Answer,
  };
}

export function noHost(): GatewayError {
  return new GatewayError("invalid_request", "The Host header is missing, or is no host's name");
}

/** Refused in the words of whoever would have been asked there. */
function speakerAt(path: string) {
  const isAnthropic = /^\/(anthropic|v1\/messages)(\/|$)/.test(path);
  return { name: "none", failure: isAnthropic ? messagesFailure : failure };
}

function nullIfUnknown(error: unknown): null {
  if (error instanceof GatewayError && error.kind === "model_not_found") return null;
  throw error;
}

const showsKey = ({ headers }: Request): boolean => headers.has("authorization") || headers.has("x-api-key");
