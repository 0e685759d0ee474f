import { noteOf } from "./shorten.ts";

/** A part of a text that is not to be kept, and what stands for it. */
export interface Stain {
  from: number;
  to: number;
  as: string;
}

export interface RedactOptions {
  /** Strings that are secret whatever they look like: the client's own key, the credential that was shown upstream. */
  secrets: readonly string[];
  /** Whether the insides of data URLs go as well. */
  shortensData: boolean;
}

/** A text without secrets: those that are known, and whatever looks like one. What stands in their place is valid in JSON. */
export function redact(text: string, options: RedactOptions): string {
  return clean(text, stainsIn(text, options));
}

/** What a text would lose, in order and without overlaps. */
export function stainsIn(text: string, { secrets, shortensData }: RedactOptions): Stain[] {
  const stains: Stain[] = [];
  for (const secret of secrets) addKnown(stains, text, secret);
  for (const pattern of patterns) {
    for (const found of text.matchAll(pattern)) {
      const [whole, kept = ""] = found;
      stains.push({ from: found.index + kept.length, to: found.index + whole.length, as: redacted });
    }
  }
  if (shortensData) {
    for (const found of text.matchAll(longData)) {
      const [whole, kept = ""] = found;
      const chars = whole.length - kept.length;
      stains.push({ from: found.index + kept.length, to: found.index + whole.length, as: noteOf(chars) });
    }
  }
  return merged(stains);
}

/** The text with each stain replaced. */
export function clean(text: string, stains: readonly Stain[]): string {
  let out = "";
  let at = 0;
  for (const { from, to, as } of stains) {
    out += text.slice(at, from) + as;
    at = to;
  }
  return at === 0 ? text : out + text.slice(at);
}

const redacted = "[redacted]";
/** A shorter string is a word like `ollama`, which upstreams without keys are shown. */
const shortestSecret = 8;

/** What stands in the first group stays. */
const patterns: readonly RegExp[] = [
  // A name that says so, and its value: in JSON, in JSON inside a string of JSON, in a header, in a query, in a shell.
  /((?:authorization|x-api-key|api[-_]?key|auth[-_]?token|access[-_]?token|refresh[-_]?token|client[-_]?secret|secret[-_]?(?:access[-_]?)?key|private[-_]?key|password|passwd|set-cookie|cookie)(?:\\*["'])?\s*[:=]\s*(?:\\*["'])?(?:(?:bearer|basic)\s+)?)[^\s"'\\,;&<>(){}[\]]{6,}/gi,
  /(\b(?:bearer)\s+)[A-Za-z0-9._~+/-]{16,}=*/gi,
  /(\bbasic\s+)(?=[A-Za-z+/]*[0-9=])[A-Za-z0-9+/]{12,}=*/gi,
  // Names and passwords in an address.
  /(\b[a-z][a-z0-9+.-]{1,20}:\/\/)[^\s"'\\/@:]{1,100}:[^\s"'\\/@]{1,200}(?=@)/gi,
  // Keys of zgate: `<prefix>_<id>_<secret>`.
  /\b[A-Za-z][A-Za-z0-9-]{0,31}_[0-9A-Za-z]{10}_[0-9A-Za-z]{20,}/g,
  // Keys by their makers' own marks.
  /\b(?:sk|rk|pk)-[A-Za-z0-9_-]{16,}/g,
  /\b(?:gh[opsur]_|github_pat_|glpat-|hf_|xox[abpsr]-|npm_|AKIA|ASIA|AIza)[A-Za-z0-9_-]{12,}/g,
  // Z.ai: `id.secret`.
  /\b[0-9a-f]{32}\.[A-Za-z0-9_-]{8,}/gi,
  // A JSON web token.
  /\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}(?:\.[A-Za-z0-9_-]*)?/g,
  // A private key, also one whose end is missing.
  /(-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----)[\s\S]*?(?=-----END|\\*"|$)/g,
];

const longData = /(data:[a-z0-9.+/;=-]{0,120}base64,[A-Za-z0-9+/_-]{32})[A-Za-z0-9+/=_-]{32,}/gi;

/** Also where only its first half stands there: a quotation that broke off tells too much of it. */
function addKnown(stains: Stain[], text: string, secret: string): void {
  if (secret.length < shortestSecret) return;
  for (const form of new Set([secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])) {
    const start = form.slice(0, Math.max(12, Math.ceil(form.length / 2)));
    for (let at = text.indexOf(start); at >= 0; ) {
      let end = at + start.length;
      while (end - at < form.length && text[end] === form[end - at]) end++;
      stains.push({ from: at, to: end, as: redacted });
      at = text.indexOf(start, end);
    }
  }
}

function merged(stains: Stain[]): Stain[] {
  stains.sort((one, other) => one.from - other.from || other.to - one.to);
  const out: Stain[] = [];
  for (const stain of stains) {
    const last = out.at(-1);
    if (last !== undefined && stain.from < last.to) last.to = Math.max(last.to, stain.to);
    else out.push({ ...stain });
  }
  return out;
}
