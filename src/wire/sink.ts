/**
 * One step on the way of a stream: it takes what comes and hands on at once what it makes of that, to the next step, which
 * it was given when it was made. Nothing here waits for anything. A step that throws breaks the stream; what it has handed
 * on before that has been said.
 */
export interface Sink<T> {
  take(item: T): void;
  /** Nothing more comes. A step may end the next one before it is ended itself, and lets nothing by from then on. */
  end(): void;
}

export type Piece = string | Uint8Array;

/** The end of all steps: what is said to the client. */
export interface Outlet {
  say(piece: Piece): void;
  /** The final frame, which leaves when the row is committed. What is said behind it concerns nobody. */
  end(final: Piece): void;
}
