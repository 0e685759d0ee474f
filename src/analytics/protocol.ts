/** What goes to the reader's thread: first where the database is, then what it is asked. */
export type Message = Opened | Asked;

export interface Opened {
  open: string;
  /** Whether traffic has but the core that this thread works on. */
  sharesCore: boolean;
}

export interface Asked {
  id: number;
  /** The name of a question, or of what is to be made. */
  about: string;
  args: unknown;
  now: number;
  /** Whether an answer is under way on a core that both share. */
  isShared: boolean;
}

/** What comes back: first which thread it is, then a reply to each. */
export type Said = { thread: readonly number[] } | (Replied & Rest);

export type Replied = { id: number; answer: unknown } | { id: number; error: string };

export interface Rest {
  /** How long the thread rests from here on. */
  restMs: number;
}
