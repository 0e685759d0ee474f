/** What the gateway wants of one event of the web chat. https://chat.z.ai sends `{"type":"chat:completion","data":{…}}`. */
export interface Frame {
  data: FrameData;
  /** The error object (or text) that the event carries; undefined where it carries none. */
  error: unknown;
  /** Whether the upstream says that this was the last one. */
  isEnd: boolean;
}

export interface FrameData {
  phase?: unknown;
  delta_content?: unknown;
  edit_index?: unknown;
  edit_content?: unknown;
  content?: unknown;
  tool_calls?: unknown;
  usage?: unknown;
  done?: unknown;
  error?: unknown;
  inner?: { error?: unknown } | null;
  data?: { error?: unknown } | null;
}

/** One event's `data`; null for what is none of our business: other types, sub-agents, text that is no JSON. */
export function readFrame(text: string): Frame | null {
  if (text === "[DONE]") return ending;
  const frame = parse(text);
  if (typeof frame !== "object" || frame === null) return null;
  const { data } = frame;
  if (data === "[DONE]") return ending;
  if (frame.error) return { data: nothing, error: frame.error, isEnd: true };
  if (frame.type !== undefined && frame.type !== "chat:completion") return null;
  if (typeof data !== "object" || data === null) return null;
  if (frame.scope === "subagent" || data.scope === "subagent") return null;
  // A newer build nests what it reports: `data.inner.error`, `data.data.error`.
  const error = data.error || data.inner?.error || data.data?.error || undefined;
  return { data, error, isEnd: data.done === true || data.phase === "done" };
}

const nothing: FrameData = {};
const ending: Frame = { data: nothing, error: undefined, isEnd: true };

interface Envelope {
  type?: unknown;
  scope?: unknown;
  error?: unknown;
  data?: (FrameData & { scope?: unknown }) | string | null;
}

/** A frame that cannot be read is skipped: the words of the others are still good. */
function parse(text: string): Envelope | null {
  try {
    return JSON.parse(text) as Envelope | null;
  } catch {
    return null;
  }
}
