import type { QuestionName } from "./questions.ts";

/** What goes to the reader's worker: first the database's path, then questions. */
export type Message = { open: string } | Asked;

export interface Asked {
  id: number;
  question: QuestionName;
  args: unknown;
  now: number;
}

export type Replied = { id: number; answer: unknown } | { id: number; error: string };
