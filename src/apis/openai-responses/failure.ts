import type { GatewayError } from "~/errors.ts";
import type { Failure, Stamp } from "../api.ts";
import { envelope } from "../openai-chat/failure.ts";
import { writeResponseEvent } from "./events.ts";
import { responseObject } from "./response.ts";

/** How far a stream had come when it broke. */
interface Broken {
  model: string;
  stamp: Stamp;
  /** The number of its next event. */
  next: number;
}

const brokenAt = new WeakMap<GatewayError, Broken>();

/** Lets the error event of a stream carry on where its words stopped. */
export function noteBreak(error: GatewayError, broken: Broken): void {
  brokenAt.set(error, broken);
}

/** OpenAI's errors: the usual envelope, and in mid-stream both events that its clients look for. */
export const failure: Failure = {
  body: (error) => JSON.stringify({ error: envelope(error) }),

  // SDKs throw at the first, agents wait for the second: https://platform.openai.com/docs/api-reference/responses-streaming
  event(error) {
    const { code, message, param } = envelope(error);
    const { model, stamp, next } = brokenAt.get(error) ?? { model: "", stamp: { id: "", created: 0 }, next: 0 };
    const response = responseObject({ model, stamp, status: "failed", error: { code, message } });
    return (
      writeResponseEvent({ type: "error", sequence_number: next, code, message, param }) +
      writeResponseEvent({ type: "response.failed", sequence_number: next + 1, response })
    );
  },
};
