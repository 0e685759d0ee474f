/**
 * Tool calls that the web chat writes into its document: `<glm_block …>{"type":"mcp","data":{"metadata":{…}}}</glm_block>`.
 */
export interface BlockSieve {
  /** The closed blocks so far, as the JSON text inside them. */
  readonly blocks: readonly string[];
  /** Takes text in; gives back what is certainly for the reader: no block, no blank lines before one. */
  read(text: string): string;
  /** What was held back and turned out to be text after all. */
  end(): string;
}

export interface NativeCall {
  /** Null where the upstream gave none. */
  id: string | null;
  name: string;
  /** As it stands now: JSON, the beginning of JSON, or nothing. */
  arguments: string;
}

/** Holds back only what may still become a block. */
export function createBlockSieve(): BlockSieve {
  const blocks: string[] = [];
  let held = "";
  let isInside = false;

  function read(text: string): string {
    if (held === "" && !isInside && isPlain(text)) return text;
    // A closing tag may lie across the seam, and all before that was searched already.
    const searched = isInside ? Math.max(0, held.length - closing.length) : 0;
    let rest = held + text;
    held = "";
    let shown = "";
    for (let from = searched; ; from = 0) {
      if (isInside) {
        const end = rest.indexOf(closing, from);
        if (end < 0) {
          held = rest;
          return shown;
        }
        blocks.push(rest.slice(rest.indexOf("{"), end));
        rest = rest.slice(end + closing.length);
        isInside = false;
        continue;
      }
      const start = startOfBlock(rest);
      shown += rest.slice(0, start);
      rest = rest.slice(start);
      if (!wholeOpening.test(rest)) {
        held = rest;
        return shown;
      }
      isInside = true;
    }
  }

  return {
    blocks,
    read,
    end() {
      const text = isInside ? "" : held;
      held = "";
      isInside = false;
      return text;
    },
  };
}

/** The removal that the sieve does, for a whole text. */
export function withoutBlocks(text: string): string {
  const sieve = createBlockSieve();
  return sieve.read(text) + sieve.end();
}

/** The call that a block describes; null where it describes none. */
export function readBlock(json: string): NativeCall | null {
  const call = parse(json)?.data?.metadata;
  if (typeof call?.name !== "string" || call.name === "") return null;
  const given = call.arguments;
  return {
    id: typeof call.id === "string" && call.id !== "" ? call.id : null,
    name: call.name,
    arguments: typeof given === "string" ? given : given === undefined || given === null ? "" : JSON.stringify(given),
  };
}

const tag = "<glm_block";
const closing = "</glm_block>";

/** Only a tag in front of a JSON object is a block: an answer may also speak about the tag. */
const wholeOpening = /^\n*<glm_block(?: [^<>\n]*)?>\s*\{\s*"/;
const partOfOpening = /^<glm_block(?: [^<>\n]*)?(?:>\s*(?:\{\s*)?)?$/;

/** Neither a tag nor blank lines that one may follow: nearly every delta, so it is asked first. */
function isPlain(text: string): boolean {
  return text.charCodeAt(text.length - 1) !== newline && !text.includes("<");
}

const newline = 10;

/** Where a block, or what may become one, begins, with the blank lines before it; the length where there is none. */
function startOfBlock(text: string): number {
  let start = text.length;
  for (let at = text.indexOf("<"); at >= 0; at = text.indexOf("<", at + 1)) {
    if (!mayBegin(text, at)) continue;
    start = at;
    break;
  }
  while (start > 0 && text.charCodeAt(start - 1) === newline) start--;
  return start;
}

function mayBegin(text: string, at: number): boolean {
  if (text.length - at <= tag.length) return tag.startsWith(text.slice(at));
  if (!text.startsWith(tag, at)) return false;
  const rest = text.slice(at);
  return wholeOpening.test(rest) || partOfOpening.test(rest);
}

interface Block {
  data?: { metadata?: { id?: unknown; name?: unknown; arguments?: unknown } | null } | null;
}

function parse(json: string): Block | null {
  try {
    return JSON.parse(json) as Block | null;
  } catch {
    return null;
  }
}
