import { requestIdOf, timeOfId } from "~/record/request-id.ts";
import type { RequestLine, RequestList, RequestListArgs } from "./request-list.ts";
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
}

/** Every request of a list as the text of a file, newest first, written while it is read: a month fits as well as an hour. */
export async function* exportRequests(
  { format, scope, search }: Export,
  ask: (args: RequestListArgs) => Promise<RequestList> | RequestList,
): AsyncGenerator<ExportPiece> {
  if (format === "csv") yield { text: `${columns.map(([name]) => name).join(",")}\r\n`, rows: 0, backTo: scope.to };
  let from: { olderThan: number } | null = null;
  for (;;) {
    const page: RequestList = await ask({ scope, search, from, limit: pageSize });
    const text = page.lines.map(format === "csv" ? csvLine : jsonLine).join("");
    const backTo = page.older === null ? scope.from : timeOfId(page.older);
    if (text !== "") yield { text, rows: page.lines.length, backTo };
    // A page may be short, or empty, where a search took its time: it goes on from where that looked last.
    if (page.older === null) return;
    from = { olderThan: page.older };
  }
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
