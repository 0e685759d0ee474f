import type { Gathered, Packed, PackOptions } from "./pack.ts";

/** What goes to the capture thread: the bodies of one request. */
export interface PackAsked extends PackOptions {
  id: number;
  request: Gathered | null;
  answer: Gathered | null;
}

/** What comes back. */
export type PackReplied = { id: number; request: Packed | null; answer: Packed | null } | { id: number; error: string };
