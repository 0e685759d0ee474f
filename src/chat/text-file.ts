import { GatewayError } from "~/errors.ts";
import type { ChatPart } from "./chat.ts";
import { dataOf, type MediaPart } from "./media.ts";

/**
 * A document whose inline data are text, as a part of text: every model can read it. Null where it is something else.
 * Throws `invalid_request` where it says that it is text and is not.
 */
export function inlineTextFile(part: ChatPart, { medium, source, mime, name, path }: MediaPart): ChatPart | null {
  if (medium !== "file" || source !== "data" || mime === null || !isText(mime)) return null;
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(dataOf(part));
  } catch (cause) {
    throw new GatewayError("invalid_request", `'${path}' says that it is ${mime}, and it is not UTF-8 text`, {
      param: path,
      cause,
    });
  }
  const title = name === null ? "" : ` name="${name.replace(/["<>\r\n]/g, "").slice(0, 200)}"`;
  return { type: "text", text: `<file${title}>\n${text}\n</file>` };
}

const isText = (mime: string): boolean =>
  mime.startsWith("text/") ||
  /^application\/(json|jsonl|x-ndjson|xml|x-yaml|yaml|toml|javascript|x-sh|sql|x-tex)$/.test(mime) ||
  /\+(json|xml)$/.test(mime);
