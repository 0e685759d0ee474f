import { Html } from "@elysiajs/html";
import type { Asking } from "~/analytics/reader.ts";
import type { FilterName } from "~/analytics/scope.ts";
import type { LogLine } from "~/log.ts";
import { Layout } from "../layout.tsx";
import { type Look, lookAt } from "../look.ts";
import { show } from "../panel.tsx";
import { breakdownBy, headings } from "../panels/breakdown.tsx";
import { toolbar } from "../toolbar.tsx";
import type { View } from "../view.ts";

interface ByProps {
  view: View;
  look: Look;
  reader: Asking;
  logError: LogLine;
  labels: Partial<Record<FilterName, string>>;
  by: FilterName;
}

/** One breakdown, all of it. */
export function By({ view, look, reader, logError, labels, by }: ByProps) {
  const { say, language } = view;
  const deeper: FilterName[] = by === "client" ? ["version", "agent"] : [];
  return (
    <Layout view={view} here="/dashboard" title={headings[by][language]}>
      <p>
        <a class="quiet" href={lookAt(view, "/dashboard")}>
          {say("‹ Overview", "‹ 概览")}
        </a>
      </p>
      <div class="head">
        <h1 safe>{headings[by][language]}</h1>
        {show(toolbar(reader, labels), view, look, logError)}
      </div>
      {[by, ...deeper].map((name) =>
        show(
          breakdownBy(reader, { by: name, limit: 500, order: name === "address" ? "failures" : "requests" }),
          view,
          look,
          logError,
        ),
      )}
    </Layout>
  );
}
