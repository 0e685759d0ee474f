import type { Glimpse } from "./api.ts";

/** An event that says nothing the gateway must know. */
export const nothing: Glimpse = {
  saysSomething: false,
  isFinished: false,
  finish: null,
  hasCalls: false,
  tokens: null,
  isError: false,
  isFinal: false,
  isUsageOnly: false,
  frame: null,
};
