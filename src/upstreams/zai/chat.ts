import { editAsk } from "~/chat/edit.ts";
import { endAtStops } from "~/chat/stop.ts";
import { completionsUrl, requestHeaders } from "../address.ts";
import type { Door } from "../upstream.ts";
import { editCompletion } from "./completion.ts";
import { localStops, requestEdits } from "./request.ts";
import { editStream } from "./stream.ts";

/** Chat Completions as Z.ai speaks them: a copy with edits in both directions. */
export const chat: Door = {
  alwaysStreams: false,

  ask({ ask, model, target }) {
    return {
      method: "POST",
      url: completionsUrl(target.url),
      headers: requestHeaders(target.token, ask.stream ? "text/event-stream" : "application/json"),
      body: editAsk(ask, requestEdits(ask, model.id)),
    };
  },

  stream(next, telling) {
    const stops = localStops(telling.ask.body);
    return editStream(stops.length === 0 ? next : endAtStops(next, stops), telling);
  },

  completion: editCompletion,
};
