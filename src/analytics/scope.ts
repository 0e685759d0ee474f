/** Which requests a question is about: those that arrived in `[from, to)` and match every filter. Plain values. */
export interface Scope {
  /** Milliseconds since 1970, UTC. */
  from: number;
  to: number;
  filters: Filters;
}

/**
 * What requests may be filtered by, and what the value says: `key` the id of a key, `client` a user agent's family,
 * `agent` all of it, `error` an error kind, `none` those that have none; the others what they are called.
 */
export const filterNames = [
  "key",
  "model",
  "client",
  "version",
  "agent",
  "api",
  "upstream",
  "outcome",
  "error",
  "status",
  "address",
] as const;
export type FilterName = (typeof filterNames)[number];
export type Filters = Partial<Record<FilterName, string>>;

/** The value of a filter for requests that have none: no key, no error, no upstream. */
export const none = "none";
