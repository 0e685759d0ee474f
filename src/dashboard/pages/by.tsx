import { Html } from "@elysiajs/html";
import type { FilterName } from "~/analytics/scope.ts";
import { filterTitles } from "../filters.ts";
import { Layout } from "../layout.tsx";
import { type Look, lookAt } from "../look.ts";
import { show } from "../panel.tsx";
import { breakdownBy } from "../panels/breakdown.tsx";
import { toolbar } from "../toolbar.tsx";
import type { View } from "../view.ts";
import type { PageParts } from "../visit.tsx";

interface ByProps {
  view: View;
  look: Look;
  parts: PageParts;
  labels: Partial<Record<FilterName, string>>;
  by: FilterName;
}

/** One breakdown, all of it. */
export function By({ view, look, parts, labels, by }: ByProps) {
  const { say, language } = view;
  const deeper: FilterName[] = by === "client" ? ["version", "agent"] : [];
  return (
    <Layout view={view} here="/dashboard" title={filterTitles[by][language]}>
      <p>
        <a class="quiet" href={lookAt(view, "/dashboard")}>
          {say("‹ Overview", "‹ 概览")}
        </a>
      </p>
      <div class="head">
        <h1 safe>{filterTitles[by][language]}</h1>
        {show(toolbar(parts.reader, labels), view, look, parts.logError)}
      </div>
      {[by, ...deeper].map((name) =>
        show(
          breakdownBy(parts.reader, { by: name, limit: 500, order: name === "address" ? "failures" : "requests" }),
          view,
          look,
          parts.logError,
        ),
      )}
    </Layout>
  );
}
