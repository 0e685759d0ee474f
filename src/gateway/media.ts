import type { ChatAsk, ChatPart } from "~/chat/chat.ts";
import { withBody } from "~/chat/format.ts";
import { dataOf, listMedia, type MediaPart, withoutMedia } from "~/chat/media.ts";
import { mediaEvents } from "~/chat/media-events.ts";
import { GatewayError } from "~/errors.ts";
import type { Log } from "~/log.ts";
import type { Dialect, Outgoing, Target, UpstreamModel } from "~/upstreams/upstream.ts";

/** What the owner wants done with images, video, documents and audio. */
export interface MediaRules {
  /** Whether a text model answers without them rather than not at all. */
  drops: boolean;
  language: "en" | "zh";
  log: Log;
}

/** Whom a request is about to be said to. */
export interface Listener {
  dialect: Dialect;
  model: UpstreamModel;
  target: Target;
  /** Whether it is said in its own API's words, which are nobody's here to change. */
  isOwnDoor: boolean;
}

/** What a request's media are logged as, and what a question beside it takes. */
interface Means {
  rules: MediaRules;
  requestId: string;
  /** Null at a second try: the log has it already. */
  isFirst: boolean;
  /** Asks, and resolves with the text of a success. Throws what a refusal means. */
  fetchText(outgoing: Outgoing): Promise<string>;
}

/**
 * Whether `fitMedia` changes a request for a model: words in place of speech, or nothing in place of pictures. That is only
 * done in the house language, so an upstream's own door for another API is passed by.
 */
export function needsFitting({ body }: ChatAsk, dialect: Dialect, { media }: UpstreamModel, drops: boolean): boolean {
  const isDropped = drops && media?.length === 0;
  if (!isDropped && !dialect.transcription) return false;
  const parts = listMedia(body.messages);
  return isDropped ? parts.length > 0 : parts.some(({ medium }) => medium === "audio");
}

/**
 * The request as its model can take it: without its media where the owner wants that of a text model, with words in
 * the place of speech where the upstream can write it down. The very same request where it holds none.
 */
export function fitMedia(ask: ChatAsk, listener: Listener, means: Means): ChatAsk | Promise<ChatAsk> {
  const parts = listMedia(ask.body.messages);
  return parts.length === 0 ? ask : fit(ask, parts, listener, means);
}

async function fit(ask: ChatAsk, parts: readonly MediaPart[], listener: Listener, means: Means): Promise<ChatAsk> {
  const { model, target, isOwnDoor } = listener;
  const { rules, requestId, isFirst } = means;
  const drops = rules.drops && model.media?.length === 0 && !isOwnDoor;
  if (isFirst) {
    const heard = listener.dialect.transcription ? ([...(model.media ?? []), "audio"] as const) : model.media;
    const facts = {
      takes: heard ?? null,
      model: model.id,
      isGuest: target.isGuest,
      hasToken: target.token !== null,
      drops,
    };
    for (const { level, fields, ...words } of mediaEvents(parts, facts)) {
      rules.log[level](words[rules.language], { ...fields, requestId });
    }
  }
  const spoken = await transcribe(ask, parts, listener, means.fetchText);
  return drops ? withBody(spoken, { messages: withoutMedia(spoken.body.messages) }) : spoken;
}

async function transcribe(
  ask: ChatAsk,
  parts: readonly MediaPart[],
  { dialect: { transcription }, model, target, isOwnDoor }: Listener,
  fetchText: Means["fetchText"],
): Promise<ChatAsk> {
  const audio = isOwnDoor ? [] : parts.filter(({ medium }) => medium === "audio");
  if (!transcription || audio.length === 0 || !model.media || model.media.includes("audio")) return ask;
  // Copied as far as it changes: what stays keeps its place in the client's request.
  const messages = ask.body.messages.map((message) =>
    Array.isArray(message.content) ? { ...message, content: [...message.content] } : message,
  );
  for (const found of audio) {
    const content = messages[found.message]!.content as ChatPart[];
    const { mime, bytes } = found;
    if (found.source !== "data") {
      throw refusal(found, "is audio at an address, and zgate fetches none: send the audio itself (`input_audio`)");
    }
    if (mime === null || !transcription.mimes.includes(mime)) {
      throw refusal(
        found,
        `is ${mime ?? "audio of no known type"}; the upstream hears ${transcription.mimes.join(" and ")}`,
      );
    }
    if (bytes > transcription.maxBytes) {
      throw refusal(
        found,
        `is ${Math.ceil(bytes / 1e6)} MB of audio; the upstream hears ${transcription.maxBytes / 1e6} MB`,
      );
    }
    const said = transcription.read(
      await fetchText(transcription.ask({ bytes: dataOf(content[found.part]!), mime }, target)),
    );
    if (said === null) throw new GatewayError("upstream_error", `The upstream ${target.upstream} wrote down no speech`);
    content[found.part] = { type: "text", text: said };
  }
  return withBody(ask, { messages });
}

function refusal({ path }: MediaPart, sentence: string): GatewayError {
  return new GatewayError("invalid_request", `'${path}' ${sentence}`, { param: path });
}
