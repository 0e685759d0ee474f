import { type Filters, filterNames, type Scope } from "~/analytics/scope.ts";
import { firstIdAt } from "~/record/request-id.ts";
import { readFilters } from "./filters.ts";
import { type Range, readRange } from "./range.ts";
import type { View } from "./view.ts";

/** What of the traffic a page looks at: all of it stands in the address. */
export interface Look {
  range: Range;
  filters: Filters;
  scope: Scope;
}

export function lookOf(view: View): Look {
  const range = readRange(view.query, view.now, view.zone);
  const filters = readFilters(view.query);
  return { range, filters, scope: { from: range.from, to: range.to, filters } };
}

const kept = ["range", "from", "to", ...filterNames, "q"];

/** The address of another page that looks at the same traffic, with other filters where `change` says so. */
export function lookAt(view: View, path: string, change: Record<string, string | null> = {}): string {
  const query = new URLSearchParams();
  for (const name of kept) {
    const value = name in change ? change[name] : view.query.get(name);
    if (value !== null && value !== undefined && value !== "") query.set(name, value);
  }
  const text = query.toString();
  return text === "" ? path : `${path}?${text}`;
}

/** What happens to this traffic from the moment of this page on. */
export function liveFrom(view: View): string {
  const path = lookAt(view, "/dashboard/live");
  return `${path}${path.includes("?") ? "&" : "?"}after=${firstIdAt(view.now)}`;
}

/**
 * Where a form that adds a filter leads: `?only=model:glm-4.7`, or `?add=key&value=default` with what somebody typed,
 * becomes a filter. Null for every other address.
 */
export function added(view: View, keyNamed: (name: string) => number | null): string | null {
  const only = view.query.get("only") ?? "";
  const colon = only.indexOf(":");
  const asked = colon > 0 ? only.slice(0, colon) : view.query.get("add");
  const name = filterNames.find((one) => one === asked);
  if (name === undefined) return null;
  if (colon > 0) return lookAt(view, view.path, { [name]: only.slice(colon + 1) });
  const value = view.query.get("value")?.trim() ?? "";
  return lookAt(view, view.path, { [name]: name === "key" ? String(keyNamed(value) ?? value) : value });
}
