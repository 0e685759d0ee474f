import type { ChatAsk, ChatRequest } from "~/chat/chat.ts";
import type { Dialect, Target, Telling } from "~/upstreams/upstream.ts";
import type { SseEvent } from "~/wire/sse.ts";

export const harbour: Target = {
  upstream: "harbour",
  url: "https://harbour.example/v4",
  token: "user-token",
  isGuest: false,
};

/** What the gateway would tell a dialect's door of a client's request. */
export function tellingFor(dialect: Dialect, body: ChatRequest, wish: Partial<ChatAsk> = {}): Telling {
  const model = `${body.model}`;
  const ask: ChatAsk = {
    body,
    sent: JSON.stringify(body),
    isLarge: false,
    own: null,
    untold: null,
    model,
    stream: body.stream ?? true,
    includeUsage: true,
    thinkMode: "reasoning",
    thinking: null,
    effort: null,
    ...wish,
  };
  return { ask, model: dialect.resolve(model)!, target: harbour, id: "chatcmpl-tide1", created: 1_758_000_000 };
}

/** What the chat door makes of events with these data. */
export function toldOf(dialect: Dialect, told: Telling, ...data: (object | string)[]): SseEvent[] {
  const events: SseEvent[] = [];
  const steps = dialect.chat.stream({ take: (event) => void events.push(event), end: () => {} }, told);
  for (const one of data) steps.take({ data: typeof one === "string" ? one : JSON.stringify(one) });
  steps.end();
  return events;
}
