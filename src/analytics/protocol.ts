/** What goes to the reader's thread: first the database's path, then what it is asked. */
export type Message = { open: string } | Asked;

export interface Asked {
  id: number;
  /** The name of a question, or of what is to be made. */
  about: string;
  args: unknown;
  now: number;
  /** Whether an answer is under way on the core that this thread works on. */
  isShared: boolean;
}

/** What comes back: first which thread it is, then a reply to each. */
export type Said = { thread: readonly number[] } | Replied;

export type Replied = { id: number; answer: unknown } | { id: number; error: string };
