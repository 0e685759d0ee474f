import type { Usage } from "~/chat/chat.ts";
import { createDocument, type EditedDocument } from "./document.ts";
import type { FrameData } from "./frame.ts";

/** What the frames of one answer have said so far. */
export interface WebAnswer {
  readonly document: EditedDocument;
  /** `thinking`, `answer`, `tool_call`, `other`, `done`: what the last frame that named one said. */
  readonly phase: string;
  readonly isThinking: boolean;
  /** The upstream's own count; null while it gave none. */
  readonly usage: Usage | null;
  /** Puts a frame into the document. Gives the text that was added, null when the document has to be read again. */
  apply(data: FrameData): string | null;
}

export function createWebAnswer(): WebAnswer {
  const document = createDocument();
  let phase = "";
  let isThinking = false;
  let usage: Usage | null = null;

  return {
    document,
    get phase() {
      return phase;
    },
    get isThinking() {
      return isThinking;
    },
    get usage() {
      return usage;
    },
    apply({ phase: named, usage: counted, edit_index: at, edit_content: edited, delta_content: added, content }) {
      if (typeof named === "string" && named !== phase) {
        phase = named;
        isThinking = phase === "thinking";
      }
      if (counted) usage = readUsage(counted) ?? usage;

      let text = "";
      let isRewritten = false;
      if (typeof edited === "string" && edited !== "") {
        isRewritten = document.edit(typeof at === "number" ? at : null, edited, isThinking);
        text = edited;
      } else if (!added && typeof content === "string" && content !== "") {
        document.restate(content, isThinking);
        isRewritten = true;
      }
      if (typeof added === "string" && added !== "") {
        document.append(added, isThinking);
        text += added;
      }
      return isRewritten ? null : text;
    },
  };
}

/** Zeros are no count: they stand where the site has not counted. */
function readUsage(counted: unknown): Usage | null {
  const given = counted as Partial<Usage>;
  const { prompt_tokens: asked, completion_tokens: answered, total_tokens: total } = given;
  if (typeof asked !== "number" || typeof answered !== "number" || asked + answered === 0) return null;
  return {
    ...given,
    prompt_tokens: asked,
    completion_tokens: answered,
    total_tokens: typeof total === "number" ? total : asked + answered,
  };
}
