import type { ChatAsk, ChatChunk, ChatDelta, ChatRequest, FinishReason, ThinkMode, Usage } from "~/chat/chat.ts";
import { GatewayError } from "~/errors.ts";
import type { Target, Telling } from "~/upstreams/upstream.ts";
import { zaiWeb } from "~/upstreams/zai-web/index.ts";
import type { SseEvent } from "~/wire/sse.ts";
import { inBatches, through } from "../../helpers/through.ts";

export const harbour: Target = {
  upstream: "harbour",
  url: "https://chat.example/api/chat/completions",
  token: "user-token",
  isGuest: false,
};

export const guest: Target = { ...harbour, token: "guest-token", isGuest: true };

interface Wish {
  stream?: boolean;
  thinkMode?: ThinkMode;
  thinking?: boolean | null;
  target?: Target;
}

/** What the gateway would tell the door of a client's request. */
export function telling(body: ChatRequest, wish: Wish = {}): Telling {
  const { stream = true, thinkMode = "reasoning", thinking = null, target = harbour } = wish;
  const model = `${body.model}`;
  const ask: ChatAsk = {
    body,
    sent: JSON.stringify(body),
    isLarge: false,
    own: null,
    untold: null,
    model,
    stream,
    includeUsage: true,
    thinkMode,
    thinking,
    effort: null,
  };
  return { ask, model: zaiWeb.resolve(model)!, target, id: "chatcmpl-tide1", created: 1_758_000_000 };
}

export const plainQuestion: ChatRequest = { model: "glm-4.5", messages: [{ role: "user", content: "High water?" }] };

/** What the door makes of frames, batch by batch. */
export function tell(frames: AsyncIterable<SseEvent[]>, told: Telling): AsyncIterable<SseEvent[]> {
  return through(frames, (next) => inBatches(zaiWeb.chat.stream(next, told)));
}

/** What a client would see of a stream of chunks. */
export interface Seen {
  /** The deltas behind the role chunk, the finish chunk's left out. */
  deltas: ChatDelta[];
  finish: FinishReason | null;
  usage: Usage | null;
  error: GatewayError | null;
}

/** Reads a stream as a strict client does: whatever breaks the rules of a chunk throws. */
export async function see(batches: AsyncIterable<SseEvent[]>, { ask, id, created }: Telling): Promise<Seen> {
  const seen: Seen = { deltas: [], finish: null, usage: null, error: null };
  let hasRole = false;
  try {
    for await (const batch of batches) {
      for (const event of batch) {
        const chunk = JSON.parse(event.data) as ChatChunk;
        const frame = [chunk.id, chunk.object, chunk.created, chunk.model];
        if (`${frame}` !== `${[id, "chat.completion.chunk", created, ask.model]}`) throw new Error(`frame ${frame}`);
        if (seen.usage) throw new Error("a chunk behind the usage");
        const [choice] = chunk.choices;
        if (!choice) {
          if (!seen.finish || !chunk.usage) throw new Error("usage before the finish");
          seen.usage = chunk.usage;
          continue;
        }
        if (seen.finish) throw new Error("words behind the finish");
        if (choice.finish_reason === undefined || choice.index !== 0) throw new Error("half a choice");
        if ((choice.delta.role === "assistant") === hasRole) throw new Error("role not once and first");
        if (hasRole && choice.finish_reason === null) seen.deltas.push(choice.delta);
        hasRole = true;
        seen.finish = choice.finish_reason;
      }
    }
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) throw thrown;
    seen.error = thrown;
  }
  return seen;
}

/** One field of all deltas, joined. */
export function words({ deltas }: Seen, field: "content" | "reasoning_content"): string {
  return deltas.map((delta) => delta[field] ?? "").join("");
}

/** Frames of the web chat, each as a network read of its own. */
export async function* frames(...datas: object[]): AsyncGenerator<SseEvent[]> {
  for (const data of datas) yield [{ data: JSON.stringify({ type: "chat:completion", data }) }];
}

export async function* batches(...texts: string[][]): AsyncGenerator<SseEvent[]> {
  for (const batch of texts) yield batch.map((data) => ({ data }));
}

export const done = { phase: "done", done: true };
