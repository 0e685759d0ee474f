import type { Reader } from "~/analytics/reader.ts";
import type { RequestLine, RequestList } from "~/analytics/request-list.ts";
import type { Scope } from "~/analytics/scope.ts";
import { requestIdOf } from "~/record/request-id.ts";
import { pageHeaders } from "./reply.ts";

export type ExportFormat = "csv" | "jsonl";

/** Every request of a list as a file, newest first, written while it is read: a month fits as well as an hour. */
export function exportRequests(
  reader: Reader,
  format: ExportFormat,
  scope: Scope,
  search: string,
  now: number,
): Response {
  const name = `zgate-requests-${new Date(now).toISOString().slice(0, 10)}.${format}`;
  const type = format === "csv" ? "text/csv; charset=utf-8" : "application/x-ndjson; charset=utf-8";
  // Typed for browsers; Bun reads it with back pressure.
  return new Response(lines(reader, format, scope, search) as unknown as BodyInit, {
    headers: { ...pageHeaders, "content-type": type, "content-disposition": `attachment; filename="${name}"` },
  });
}

const pageSize = 1_000;

async function* lines(reader: Reader, format: ExportFormat, scope: Scope, search: string): AsyncGenerator<string> {
  if (format === "csv") yield `${columns.map(([name]) => name).join(",")}\r\n`;
  let from: { olderThan: number } | null = null;
  for (;;) {
    const page: RequestList = await reader.ask("requestList", {
      scope,
      search,
      from,
      limit: pageSize,
    });
    if (page.lines.length > 0) yield page.lines.map(format === "csv" ? csvLine : jsonLine).join("");
    // A page may be short, or empty, where a search took its time: it goes on from where that looked last.
    if (page.older === null) return;
    from = { olderThan: page.older };
  }
}

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
