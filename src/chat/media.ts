import type { ChatAsk, ChatMessage, ChatPart } from "./chat.ts";
import { placeOf } from "./places.ts";

/** What a message may carry besides text. */
export const media = ["image", "video", "file", "audio"] as const;
export type Medium = (typeof media)[number];

/** One such part. The data itself stays where it is. */
export interface MediaPart {
  medium: Medium;
  /** Where it stands in the client's request: `messages[2].content[1]`. */
  path: string;
  /** Where it stands in the house's words, which translation may have moved: numbers from 0. */
  message: number;
  part: number;
  /** `data`: carried inline; `http`: an address; `id`: a file that was uploaded elsewhere; `other`: none of these. */
  source: "data" | "http" | "id" | "other";
  /** `image/png`; null where nothing says it. */
  mime: string | null;
  /** Size of inline data, decoded; 0 for the rest. */
  bytes: number;
  name: string | null;
}

/** The media of a request, in their order. */
export function listMedia(messages: readonly ChatMessage[]): MediaPart[] {
  return messages.flatMap(({ content }, message) =>
    Array.isArray(content) ? content.flatMap((part, j) => readMedia(part, message, j) ?? []) : [],
  );
}

/** Whether a request carries anything but text. */
export function hasMedia({ body }: ChatAsk): boolean {
  return body.messages.some(({ content }) => Array.isArray(content) && content.some(({ type }) => type !== "text"));
}

/** What a part carries; null for text, and for what nobody here knows. */
export function readMedia(part: ChatPart, message: number, at: number): MediaPart | null {
  const medium = mediumOf[part.type];
  if (!medium) return null;
  const { text, mime, name, isId } = payloadOf(part);
  const start = dataStart(text);
  const isData = start >= 0 && !isId;
  return {
    medium,
    path: placeOf(part, `messages[${message}].content[${at}]`),
    message,
    part: at,
    source: isId ? "id" : isData ? "data" : /^https?:\/\//i.test(text) ? "http" : "other",
    mime: plainMime(isData && start > 0 ? text.slice(5, text.search(/[;,]/)) : mime),
    bytes: isData ? decodedLength(text, start) : 0,
    name,
  };
}

/** The inline data of a part, decoded. Empty where there is none. */
export function dataOf(part: ChatPart): Uint8Array {
  const { text } = payloadOf(part);
  const start = dataStart(text);
  if (start < 0) return new Uint8Array();
  if (isBase64(text, start)) return Buffer.from(text.slice(start), "base64");
  try {
    return Buffer.from(decodeURIComponent(text.slice(start)));
  } catch {
    return new Uint8Array();
  }
}

/** The first bytes of a part's inline data: enough to see what it really is. */
export function dataHead(part: ChatPart): Uint8Array {
  const { text } = payloadOf(part);
  const start = dataStart(text);
  return start < 0 ? new Uint8Array() : Buffer.from(text.slice(start, start + headChars), "base64");
}

/** Messages without their media: what is left of each is text. */
export function withoutMedia(messages: readonly ChatMessage[]): ChatMessage[] {
  return messages.map((message) => {
    const { content } = message;
    if (!Array.isArray(content) || !content.some(({ type }) => type in mediumOf)) return message;
    const texts = content.filter(({ type }) => !(type in mediumOf)).map(({ text }) => text);
    return { ...message, content: texts.join("\n") };
  });
}

const mediumOf: Record<string, Medium> = {
  image_url: "image",
  video_url: "video",
  document_url: "file",
  file_url: "file",
  file: "file",
  audio_url: "audio",
  input_audio: "audio",
};

/** In the middle of a sentence. */
export const mediumNames: Record<Medium, string> = {
  image: "an image",
  video: "a video",
  file: "a document",
  audio: "audio",
};

interface Payload {
  /** An address, a data address, or base64 alone. */
  text: string;
  mime: string | null;
  name: string | null;
  isId: boolean;
}

function payloadOf(part: ChatPart): Payload {
  const held = part[part.type];
  if (typeof held === "string") return { text: held, mime: null, name: null, isId: false };
  const { url, data, format, file_data, file_id, filename } = (held ?? {}) as Record<string, unknown>;
  const text = [url, data, file_data, file_id].find((one) => typeof one === "string" && one !== "");
  const name = typeof filename === "string" ? filename : null;
  const bare = part.type === "input_audio" ? `audio/${format ?? "wav"}` : mimeOfName(name);
  return {
    text: typeof text === "string" ? text : "",
    mime: bare,
    name,
    isId: !url && !data && !file_data && !!file_id,
  };
}

const headChars = 64 * 1024;

/** Where the data begin in a data address, 0 for base64 alone, -1 for an address. */
function dataStart(text: string): number {
  if (/^data:/i.test(text)) return text.indexOf(",") + 1 || text.length;
  return text !== "" && !/^[a-z][a-z0-9+.-]*:/i.test(text) && /^[\w+/-]{8}/.test(text) ? 0 : -1;
}

const isBase64 = (text: string, start: number): boolean => start === 0 || /;\s*base64\s*,$/i.test(text.slice(0, start));

function decodedLength(text: string, start: number): number {
  const length = text.length - start;
  if (!isBase64(text, start)) return length;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  return Math.max(0, Math.floor((length * 3) / 4) - padding);
}

/** Other spellings of the same kind. */
const synonyms: Record<string, string> = {
  "image/jpg": "image/jpeg",
  "image/pjpeg": "image/jpeg",
  "video/x-matroska": "video/mkv",
  "video/matroska": "video/mkv",
  "video/quicktime": "video/mov",
  "video/x-msvideo": "video/avi",
  "video/vnd.avi": "video/avi",
  "audio/mpeg": "audio/mp3",
  "audio/x-wav": "audio/wav",
  "audio/wave": "audio/wav",
  "audio/vnd.wave": "audio/wav",
  "audio/x-aac": "audio/aac",
};

function plainMime(mime: string | null): string | null {
  const plain = mime?.trim().toLowerCase() ?? "";
  return plain === "" ? null : (synonyms[plain] ?? plain).slice(0, 100);
}

const mimes: Record<string, string> = {
  pdf: "application/pdf",
  txt: "text/plain",
  md: "text/markdown",
  csv: "text/csv",
  json: "application/json",
  doc: "application/msword",
  docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
};

function mimeOfName(name: string | null): string | null {
  return mimes[name?.split(".").at(-1)?.toLowerCase() ?? ""] ?? null;
}
