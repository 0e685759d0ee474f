/** What the database is: the list of its tables, one file each. */
export * from "./attempts.ts";
export * from "./audit-log.ts";
export * from "./blocked-networks.ts";
export * from "./breakers.ts";
export * from "./cells.ts";
export * from "./credentials.ts";
export * from "./key-secrets.ts";
export * from "./keys.ts";
export * from "./names.ts";
export * from "./prices.ts";
export * from "./requests.ts";
export * from "./series.ts";
export * from "./sessions.ts";
export * from "./settings.ts";
export * from "./upstreams.ts";
export * from "./user-agents.ts";
