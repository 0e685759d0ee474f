import { endAtStops, stopsOf } from "~/chat/stop.ts";
import type { SseEvent } from "~/wire/sse.ts";
import type { Door, Telling } from "../upstream.ts";
import { askChat } from "./ask.ts";
import { inlineFailure } from "./failure.ts";
import { readFrame } from "./frame.ts";
import { hasMedia } from "./messages.ts";
import { createLateTeller, createLiveTeller } from "./teller.ts";

/** The one door of the web chat. */
export const chatDoor: Door = {
  alwaysStreams: true,
  ask: askChat,
  stream(events, telling) {
    // The site's sampling knows no stop sequences.
    const stops = stopsOf(telling.ask.body.stop);
    const said = stream(events, telling);
    return stops.length === 0 ? said : endAtStops(said, stops);
  },
  completion() {
    throw new Error("The web chat always streams");
  },
};

/**
 * The edits of the web chat as chunks of the house language. A stream that just stops has no finish chunk; one that
 * the upstream ended has it at the first of the four ways to say so, and what comes behind that concerns nobody.
 */
async function* stream(events: AsyncIterable<SseEvent[]>, telling: Telling): AsyncIterable<SseEvent[]> {
  const { ask, target, created } = telling;
  const teller = ask.stream ? createLiveTeller(telling) : createLateTeller(telling);
  for await (const batch of events) {
    const out: SseEvent[] = [];
    for (const event of batch) {
      const frame = readFrame(event.data);
      if (frame === null) continue;
      if (frame.error !== undefined) {
        if (out.length > 0) yield out;
        throw inlineFailure(frame.error, target, hasMedia(ask.body.messages), created * 1000);
      }
      teller.take(frame.data, out);
      if (!frame.isEnd) continue;
      try {
        teller.finish(out);
      } finally {
        // An ending that fails takes nothing back of what was said.
        if (out.length > 0) yield out;
      }
      return;
    }
    if (out.length > 0) yield out;
  }
  const out: SseEvent[] = [];
  teller.breakOff(out);
  if (out.length > 0) yield out;
}
