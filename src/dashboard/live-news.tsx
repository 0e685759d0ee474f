import { Html } from "@elysiajs/html";
import type { Asking } from "~/analytics/reader.ts";
import type { RequestLine, RequestNewsArgs } from "~/analytics/request-list.ts";
import { event } from "./live.tsx";
import { RequestRow } from "./panels/request-table.tsx";
import { type Sight, viewFrom } from "./view.ts";

export interface NewsArgs extends RequestNewsArgs {
  /** Who watches, at this moment; null for who wants no rows. */
  sight: Sight | null;
}

/** What happened since, as far as the live tail has to know it, and the rows as events. */
export interface News {
  lines: Pick<RequestLine, "id" | "outcome" | "acceptedAt" | "durationMs">[];
  last: number;
  events: string;
}

/** Hundreds of rows a second may come: they are HTML before they reach the thread that carries traffic. */
export async function makeNews({ sight, ...args }: NewsArgs, reader: Asking): Promise<News> {
  const { lines, last } = await reader.ask("requestNews", args);
  const view = sight && viewFrom(sight);
  const events: string[] = [];
  if (view !== null) {
    for (const line of lines) events.push(event(`row\nid: ${line.id}`, await (<RequestRow view={view} line={line} />)));
  }
  const known = lines.map(({ id, outcome, acceptedAt, durationMs }) => ({ id, outcome, acceptedAt, durationMs }));
  return { lines: known, last, events: events.join("") };
}
