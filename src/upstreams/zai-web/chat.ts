import { endAtStops, stopsOf } from "~/chat/stop.ts";
import type { Sink } from "~/wire/sink.ts";
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
  stream(next, telling) {
    // The site's sampling knows no stop sequences.
    const stops = stopsOf(telling.ask.body.stop);
    return readFrames(stops.length === 0 ? next : endAtStops(next, stops), telling);
  },
  completion() {
    throw new Error("The web chat always streams");
  },
};

/**
 * The edits of the web chat as chunks of the house language. A stream that just stops has no finish chunk; one that
 * the upstream ended has it at the first of the four ways to say so, and what comes behind that concerns nobody.
 */
function readFrames(next: Sink<SseEvent>, telling: Telling): Sink<SseEvent> {
  const { ask, target, created } = telling;
  const teller = ask.stream ? createLiveTeller(next, telling) : createLateTeller(next, telling);
  let isOver = false;
  return {
    take({ data }) {
      const frame = isOver ? null : readFrame(data);
      if (frame === null) return;
      if (frame.error !== undefined) {
        throw inlineFailure(frame.error, target, hasMedia(ask.body.messages), created * 1000);
      }
      teller.take(frame.data);
      if (!frame.isEnd) return;
      isOver = true;
      teller.finish();
      next.end();
    },
    end() {
      if (isOver) return;
      teller.breakOff();
      next.end();
    },
  };
}
