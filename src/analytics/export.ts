import { requestIdOf, timeOfId } from "~/record/request-id.ts";
import type { Asker } from "./question.ts";
import { type RequestLine, requestList } from "./request-list.ts";
import type { Scope } from "./scope.ts";

export const exportFormats = ["csv", "jsonl"] as const;
export type ExportFormat = (typeof exportFormats)[number];

export interface Export {
  format: ExportFormat;
  scope: Scope;
  search: string;
}

/** As much of an export as one question brings. */
export interface ExportPiece {
  text: string;
  rows: number;
  /** How far back it has come, ms since 1970. */
  backTo: number;
  /** Where the next piece begins; null where there is none. */
  olderThan: number | null;
}

/** Every request of a list as the text of a file, newest first, written while it is read: a month fits as well as an hour. */
export async function* exportRequests(
  wanted: Export,
  ask: (args: ExportPieceArgs) => Promise<ExportPiece> | ExportPiece,
): AsyncGenerator<ExportPiece> {
  let olderThan: number | null = null;
  do {
    const piece: ExportPiece = await ask({ ...wanted, olderThan });
    if (piece.text !== "") yield piece;
    olderThan = piece.olderThan;
  } while (olderThan !== null);
}

export interface ExportPieceArgs extends Export {
  /** Null for the newest. */
  olderThan: number | null;
}

/** A thousand lines are text here already: on the thread that carries traffic they would take longer than a chunk may wait. */
export function exportPiece({ format, scope, search, olderThan }: ExportPieceArgs, asker: Asker): ExportPiece {
  const from = olderThan === null ? null : { olderThan };
  // A page may be short, or empty, where a search took its time: it goes on from where that looked last.
  const { lines, older } = requestList({ scope, search, from, limit: pageSize }, asker);
  const isCsv = format === "csv";
  const head = isCsv && olderThan === null ? `${columns.map(([name]) => name).join(",")}\r\n` : "";
  const text = head + lines.map(isCsv ? csvLine : jsonLine).join("");
  return { text, rows: lines.length, backTo: older === null ? scope.from : timeOfId(older), olderThan: older };
}

const pageSize = 1_000;

type Value = string | number | boolean | null;

const columns: [name: string, value: (line: RequestLine) => Value][] = [
  ["request_id", (line) => requestIdOf(line.id)],
  ["accepted_at", (line) => new Date(line.acceptedAt).toISOString()],
  ["outcome", (line) => line.outcome],
  ["requests", (line) => line.requests],
  ["status", (line) => line.status],
  ["error_kind", (line) => line.errorKind],
  ["error_text", (line) => line.errorText],
  ["api", (line) => line.api],
  ["model", (line) => line.model],
  ["key", (line) => line.keyName],
  ["upstream", (line) => line.upstream],
  ["stream", (line) => line.stream],
  ["duration_ms", (line) => line.durationMs],
  ["first_token_ms", (line) => line.firstTokenMs],
  ["overhead_ms", (line) => (line.overheadUs === null ? null : line.overheadUs / 1000)],
  ["tokens_in", (line) => line.tokensIn],
  ["tokens_out", (line) => line.tokensOut],
  ["tokens_cached", (line) => line.tokensCached],
  ["tokens_reasoning", (line) => line.tokensReasoning],
  ["token_source", (line) => line.tokenSource],
  ["cost", (line) => (line.costNano === null ? null : line.costNano / 1e9)],
  ["currency", (line) => line.costCurrency],
  ["client", (line) => line.family],
  ["user_agent", (line) => line.userAgent],
  ["address", (line) => line.address],
];

function jsonLine(line: RequestLine): string {
  return `${JSON.stringify(Object.fromEntries(columns.map(([name, value]) => [name, value(line)])))}\n`;
}

function csvLine(line: RequestLine): string {
  return `${columns.map(([, value]) => csvField(value(line))).join(",")}\r\n`;
}

/** A spreadsheet runs what begins like a formula; behind an apostrophe it is text. https://owasp.org/www-community/attacks/CSV_Injection */
function csvField(value: Value): string {
  if (value === null) return "";
  if (typeof value !== "string") return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
