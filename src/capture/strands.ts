import { clean, type RedactOptions, redact, type Stain, stainsIn } from "./redact.ts";

/**
 * The words of a stream come in pieces, an event each. A strand is what belongs together: the answer, the thinking, the
 * arguments of one call.
 */
export interface Strand {
  /** `content`, `reasoning_content`, `thinking`, `arguments`, `delta`: what the API calls it. */
  name: string;
  text: string;
  /** Whether its events add to it, and do not repeat it as a whole. */
  isDelta: boolean;
  pieces: Piece[];
}

interface Piece {
  line: number;
  holder: Record<string, unknown>;
  field: string;
  /** Where the piece begins in its strand. */
  from: number;
}

/** An event stream, as far as its `data:` lines are JSON. */
export interface Said {
  lines: string[];
  events: Map<number, unknown>;
  strands: Strand[];
}

/** Null for a text that is no event stream. */
export function readStream(text: string): Said | null {
  if (!/^\s*(:|data:|event:|id:)/.test(text)) return null;
  const lines = text.split("\n");
  const events = new Map<number, unknown>();
  const strands = new Map<string, Strand>();
  for (const [at, line] of lines.entries()) {
    const event = line.startsWith("data:") ? parse(line.slice("data:".length)) : null;
    if (typeof event !== "object" || event === null) continue;
    events.set(at, event);
    collect(event as Record<string, unknown>, "", at, strands);
  }
  return { lines, events, strands: [...strands.values()] };
}

/** A text without secrets; in a stream also without those that were cut over several events. */
export function redactSaid(text: string, options: RedactOptions): string {
  const first = redact(text, options);
  const said = readStream(first);
  if (said === null) return first;
  const changed = new Set<number>();
  for (const strand of said.strands) {
    if (strand.pieces.length < 2) continue;
    const stains = stainsIn(strand.text, options);
    if (stains.length > 0) wash(strand, stains, changed);
  }
  for (const line of changed) said.lines[line] = `data: ${JSON.stringify(said.events.get(line))}`;
  return changed.size === 0 ? first : said.lines.join("\n");
}

/** Fields that carry words, in any of the APIs. */
const wordFields = new Set(["content", "reasoning_content", "text", "thinking", "partial_json", "arguments", "delta"]);

/** What tells strands of the same name apart. */
const placeFields = ["index", "output_index", "content_index", "item_id"];

function collect(holder: Record<string, unknown>, place: string, line: number, strands: Map<string, Strand>): void {
  const here = `${place}/${placeFields.map((field) => holder[field] ?? "").join(",")}`;
  for (const [name, value] of Object.entries(holder)) {
    if (typeof value === "string" && wordFields.has(name)) {
      const type = typeof holder.type === "string" ? holder.type : "";
      const key = `${here}/${type}/${name}`;
      const isDelta = type.endsWith(".delta") || place.endsWith("/delta") || place.includes("/delta/");
      const strand = strands.get(key) ?? { name: nameOf(name, type), text: "", isDelta, pieces: [] };
      strands.set(key, strand);
      strand.pieces.push({ line, holder, field: name, from: strand.text.length });
      strand.text += value;
    } else if (typeof value === "object" && value !== null) {
      collect(value as Record<string, unknown>, `${here}/${name}`, line, strands);
    }
  }
}

/** `response.output_text.delta` says more than `delta`. */
function nameOf(field: string, type: string): string {
  if (field !== "delta") return field;
  return type.replace(/^response\./, "").replace(/\.delta$/, "") || field;
}

/** Takes stains out of the pieces they go over: the first of them holds what stands for it. */
function wash({ pieces, text }: Strand, stains: readonly Stain[], changed: Set<number>): void {
  for (const [at, { line, holder, field, from }] of pieces.entries()) {
    const to = pieces[at + 1]?.from ?? text.length;
    const mine = stains
      .filter((stain) => stain.from < to && stain.to > from)
      .map((stain) => ({
        from: Math.max(0, stain.from - from),
        to: Math.min(to, stain.to) - from,
        as: stain.from >= from ? stain.as : "",
      }));
    if (mine.length === 0) continue;
    holder[field] = clean(text.slice(from, to), mine);
    changed.add(line);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
