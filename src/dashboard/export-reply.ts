import { type Export, exportRequests } from "~/analytics/export.ts";
import type { Reader } from "~/analytics/reader.ts";
import { pageHeaders } from "./reply.ts";

/** An export as a file that a browser saves. */
export function replyWithExport(reader: Reader, wanted: Export, now: number): Response {
  const name = `zgate-requests-${new Date(now).toISOString().slice(0, 10)}.${wanted.format}`;
  // Typed for browsers; Bun reads it with back pressure.
  return new Response(texts(reader, wanted) as unknown as BodyInit, {
    headers: {
      ...pageHeaders,
      "content-type": types[wanted.format],
      "content-disposition": `attachment; filename="${name}"`,
    },
  });
}

const types = { csv: "text/csv; charset=utf-8", jsonl: "application/x-ndjson; charset=utf-8" };

async function* texts(reader: Reader, wanted: Export): AsyncGenerator<string> {
  for await (const { text } of exportRequests(wanted, (args) => reader.ask("exportPiece", args))) yield text;
}
