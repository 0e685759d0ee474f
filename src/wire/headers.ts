import { version } from "~/version.ts";

/** Answer headers of every stream that we send: nothing on the way may hold it back or change it. */
export const streamHeaders = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache, no-transform",
  "x-accel-buffering": "no",
} as const;

export const jsonHeaders = { "content-type": "application/json; charset=utf-8" } as const;

/** What zgate calls itself towards an upstream. */
export const ownUserAgent = `zgate/${version}`;
