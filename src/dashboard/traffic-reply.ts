import type { FilterName, Filters } from "~/analytics/scope.ts";
import { whole } from "~/wire/whole.ts";
import { make } from "./make.ts";
import { pageHeaders, takesZipped } from "./reply.ts";
import type { TrafficPage } from "./traffic-page.tsx";
import { sightOf } from "./view.ts";
import type { PageParts, Visit } from "./visit.tsx";

/** A visit of a page that looks at traffic. */
export interface Looking extends Visit {
  filters: Filters;
  labels: Partial<Record<FilterName, string>>;
}

/** Has a page made on the reader's thread, and passes its bytes on. */
export async function replyWithTraffic(
  { reader, owned, supplied, model, logError }: PageParts,
  { request, view, labels }: Looking,
  name: TrafficPage["name"],
  by?: FilterName,
): Promise<Response> {
  const usable = owned.keys.list().filter(({ state, rights }) => state === "active" && rights.includes("inference"));
  const page: TrafficPage = {
    ...{ name, by, labels, sight: sightOf(view), isZippable: takesZipped(request) },
    beginnings: { model, keys: usable.map((key) => key.name), accounts: supplied.fleet.accounts().length },
  };
  const { body, isZipped, errors } = await make(reader, "page", page);
  for (const { sentence, ...fields } of errors) logError(sentence, fields);
  return whole(body, { headers: { ...pageHeaders, ...(isZipped ? { "content-encoding": "gzip" } : {}) } });
}
