/** What goes to the reader's thread: first the database's path, then what it is asked. */
export type Message = { open: string } | Asked;

export interface Asked {
  id: number;
  /** The name of a question, or of what is to be made. */
  about: string;
  args: unknown;
  now: number;
}

export type Replied = { id: number; answer: unknown } | { id: number; error: string };
