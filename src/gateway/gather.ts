import type { ChatCompletion } from "~/chat/chat.ts";
import { collect } from "~/chat/collect.ts";
import type { Door, Telling } from "~/upstreams/upstream.ts";
import { readEvents } from "~/wire/sse.ts";
import { Flow } from "./saying.ts";

/** A whole answer from an upstream that streams it; null where no chunk came. Rejects with what breaks the stream. */
export async function collectFrom(
  body: AsyncIterator<Uint8Array>,
  door: Door,
  telling: Telling,
): Promise<ChatCompletion | null> {
  const flow = new Flow(body);
  let whole: { completion: ChatCompletion | null } | null = null;
  const collector = collect((completion) => {
    whole = { completion };
  });
  const steps = readEvents(door.stream(collector, { ...telling, hold: flow.hold }));
  try {
    for (;;) {
      await flow.next(steps);
      if (whole !== null) return (whole as { completion: ChatCompletion | null }).completion;
    }
  } finally {
    flow.leave();
  }
}
