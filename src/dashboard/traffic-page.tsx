import { Html } from "@elysiajs/html";
import { gzipSync } from "bun";
import type { Asking } from "~/analytics/reader.ts";
import type { FilterName } from "~/analytics/scope.ts";
import type { LogLine } from "~/log.ts";
import { type Look, lookOf } from "./look.ts";
import { By } from "./pages/by.tsx";
import { Figures, Overview } from "./pages/overview.tsx";
import { Requests } from "./pages/requests.tsx";
import type { Beginnings } from "./panels/first-steps.tsx";
import { documentOf, isWorthZipping } from "./reply.ts";
import { placeIn, type Sight, searchIn, type View, viewFrom } from "./view.ts";

/**
 * A page that looks at traffic, as plain values. The reader's thread makes it: asking, writing HTML and zipping it take
 * many times as long as a chunk of somebody's stream may wait.
 */
export interface TrafficPage {
  name: keyof typeof pages;
  sight: Sight;
  /** What the values of filters are called, where that is not the value itself. */
  labels: Partial<Record<FilterName, string>>;
  /** What a page of one breakdown breaks down by. */
  by?: FilterName;
  beginnings: Beginnings;
  /** Whether the browser takes it zipped. */
  isZippable: boolean;
}

/** A page as it leaves. */
export interface MadePage {
  body: string | Uint8Array<ArrayBuffer>;
  isZipped: boolean;
  /** What the log should hear: panels that failed. */
  errors: { sentence: string; path: string; cause: string }[];
}

export async function makePage(page: TrafficPage, reader: Asking): Promise<MadePage> {
  const view = viewFrom(page.sight);
  const errors: MadePage["errors"] = [];
  const logError: LogLine = (sentence, { cause } = {}) => {
    errors.push({
      sentence,
      path: view.path,
      cause: cause instanceof Error ? (cause.stack ?? cause.message) : `${cause}`,
    });
  };
  const html = documentOf(await pages[page.name]({ ...page, view, look: lookOf(view), reader, logError }));
  const isZipped = page.isZippable && isWorthZipping(html);
  return { body: isZipped ? gzipSync(html, { level: 5 }) : html, isZipped, errors };
}

interface Making extends TrafficPage {
  view: View;
  look: Look;
  reader: Asking;
  logError: LogLine;
}

const pages = {
  overview: (props: Making) => <Overview {...props} />,
  figures: (props: Making) => <Figures {...props} />,
  by: ({ by = "model", ...props }: Making) => <By {...props} by={by} />,
  async requests({ view, look, reader, beginnings: { model }, ...props }: Making) {
    const search = searchIn(view.query);
    const from = placeIn(view.query);
    const list = await reader.ask("requestList", { scope: look.scope, search, from, limit: 100 });
    return <Requests {...props} {...{ view, look, list, search, reader, model }} />;
  },
};
