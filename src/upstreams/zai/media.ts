import type { ChatMessage, ChatPart } from "~/chat/chat.ts";
import { dataHead, listMedia, type MediaPart, type Medium, mediumNames, readMedia } from "~/chat/media.ts";
import type { ChatModel } from "~/chat/models.ts";
import { imageSize } from "~/chat/pictures.ts";
import { inlineTextFile } from "~/chat/text-file.ts";
import { GatewayError } from "~/errors.ts";

/**
 * One part of a message as the official API takes it: documents by address, text files as text. Throws a sentence that
 * names the part for what it does not take. https://docs.z.ai/guides/vlm/glm-4.5v
 */
export function editPart(part: ChatPart, i: number, j: number, model: ChatModel | null): ChatPart {
  const found = readMedia(part, i, j);
  if (found === null) return part;
  const asText = inlineTextFile(part, found);
  if (asText) return asText;
  requireMedium(found, model);
  takes[found.medium](found, part);
  if (part.type !== "document_url" && part.type !== "file") return part;
  const { [part.type]: held, ...rest } = part;
  return { ...rest, type: "file_url", file_url: { url: addressIn(held) } };
}

/** The official API takes documents, or pictures and films, never both in one request. Called with edited messages. */
export function requireOneKind(messages: readonly ChatMessage[]): void {
  const all = listMedia(messages);
  const files = all.filter(({ medium }) => medium === "file");
  if (files.length === 0) return;
  if (files.length > mostFiles) {
    throw refusal(files[mostFiles]!, `is document ${mostFiles + 1}, and Z.ai takes ${mostFiles} in a request`);
  }
  const seen = all.find(({ medium }) => medium === "image" || medium === "video");
  if (seen) {
    throw refusal(
      files[0]!,
      `holds a document and '${seen.path}' ${mediumNames[seen.medium]}: Z.ai does not take both in one request`,
    );
  }
}

/**
 * Refuses media that a model does not take, where they are said in words of another API that nobody here changes: the door
 * itself might pass over them. Text files are the door's own business.
 */
export function requireTaken(messages: readonly ChatMessage[], model: ChatModel | null): void {
  for (const found of listMedia(messages)) {
    if (found.medium !== "file" || !found.mime?.startsWith("text/")) requireMedium(found, model);
  }
}

const mostFiles = 50;
const MB = 1_000_000;

function requireMedium(found: MediaPart, model: ChatModel | null): void {
  if (model === null || (found.medium !== "audio" && model.media.includes(found.medium))) return;
  const what = model.media.length === 0 ? "text only" : `text and ${model.media.join(", ")}`;
  const hint = found.medium === "audio" ? "" : `; ${seers[found.medium]} take it`;
  throw new GatewayError(
    "model_not_multimodal",
    `'${found.path}' holds ${mediumNames[found.medium]}, but ${model.id} takes ${what}${hint}`,
    {
      param: found.path,
    },
  );
}

const seers = {
  image: "glm-4.5v, glm-4.6v, glm-5v-turbo and glm-5.3-flash",
  video: "glm-4.5v, glm-4.6v, glm-5v-turbo and glm-5.3-flash",
  file: "glm-4.5v, glm-4.6v and glm-5v-turbo",
};

const takes: Record<Medium, (found: MediaPart, part: ChatPart) => void> = {
  image(found, part) {
    requireFormat(found, ["image/jpeg", "image/png"], "JPEG and PNG images");
    requireSize(found, 5 * MB, "images of at most 5 MB: make it smaller, and a JPEG rather than a PNG");
    if (found.source !== "data") return;
    const size = imageSize(dataHead(part));
    if (size === null) throw refusal(found, "is not the image that it says it is: its data are neither JPEG nor PNG");
    if (size.width > mostPixels || size.height > mostPixels) {
      throw refusal(
        found,
        `is ${size.width} × ${size.height} pixels large, and Z.ai takes ${mostPixels} × ${mostPixels}`,
      );
    }
  },
  video(found) {
    requireFormat(found, ["video/mp4", "video/mkv", "video/mov"], "MP4, MKV and MOV films");
    requireSize(found, 200 * MB, "films of at most 200 MB");
  },
  file(found) {
    if (found.source === "http") return;
    const what =
      found.source === "id" ? "a file by its id" : `a document as data (${found.mime ?? "of no known type"})`;
    throw refusal(found, `holds ${what}; Z.ai takes documents by an http or https address, and text files as data`);
  },
  audio() {},
};

const mostPixels = 6_000;

function requireFormat(found: MediaPart, mimes: string[], what: string): void {
  if (found.source !== "data" || found.mime === null || mimes.includes(found.mime)) return;
  throw refusal(found, `is ${found.mime}, and Z.ai takes ${what}`);
}

function requireSize(found: MediaPart, most: number, what: string): void {
  if (found.bytes > most) throw refusal(found, `is ${(found.bytes / MB).toFixed(1)} MB large, and Z.ai takes ${what}`);
}

function refusal({ path }: MediaPart, sentence: string): GatewayError {
  return new GatewayError("invalid_request", `'${path}' ${sentence}`, { param: path });
}

function addressIn(held: unknown): unknown {
  if (typeof held !== "object" || held === null) return held;
  const { url, file_data } = held as Record<string, unknown>;
  return url ?? file_data;
}
