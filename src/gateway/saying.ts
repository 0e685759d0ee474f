import { type GatewayError, toGatewayError } from "~/errors.ts";
import type { Outlet, Piece, Sink } from "~/wire/sink.ts";

/** The way from what an upstream sends to what its client is told. */
export interface Steps extends Sink<Uint8Array> {
  /** The stream broke with this error, of which the client is told next. */
  breakOff?(error: GatewayError): void;
}

/** Takes nothing more before this is done, which begins when all of the read has been taken. */
export type Hold = (work: () => Promise<void>) => void;

/** Sends a body down its steps, read by read. Whoever takes no more of it lets go of it. */
export class Flow {
  #held: (() => Promise<void>) | null = null;
  #hasEnded = false;
  readonly hold: Hold = (work) => {
    this.#held = work;
  };

  constructor(private readonly body: AsyncIterator<Uint8Array>) {}

  /** Rejects with what breaks the body, or one of the steps. */
  async next(steps: Sink<Uint8Array>): Promise<void> {
    if (this.#hasEnded) throw new Error("The steps of a stream do not end with it");
    const { done, value } = await this.body.next();
    if (done) {
      this.#hasEnded = true;
      steps.end();
    } else steps.take(value);
    if (this.#held === null) return;
    const work = this.#held;
    this.#held = null;
    await work();
  }

  leave(): void {
    void this.body.return?.();
  }
}

/** An answer as its client is told it: piece by piece, and a final frame that waits for the record. */
export class Saying {
  #flow: Flow;
  #steps: Steps;
  #outlet = new Gathering();
  #broken: { error: GatewayError } | null = null;

  constructor(body: AsyncIterator<Uint8Array>, steps: (outlet: Outlet, hold: Hold) => Steps) {
    this.#flow = new Flow(body);
    this.#steps = steps(this.#outlet, this.#flow.hold);
  }

  /** Null until it has come; nothing is said behind it. */
  get final(): Piece | null {
    return this.#outlet.final;
  }

  /**
   * The next that there is to say, as much as came at once; null where that was nothing but the final frame. Rejects with
   * what breaks the stream, when all that came before it has been taken.
   */
  async next(): Promise<Piece | null> {
    while (this.final === null) {
      if (this.#broken !== null) throw this.#broken.error;
      try {
        await this.#flow.next(this.#steps);
      } catch (thrown) {
        if (this.final === null) this.#break(toGatewayError(thrown));
      }
      if (this.final !== null || this.#broken !== null) this.leave();
      const said = this.#outlet.take();
      if (said !== null) return said;
    }
    return null;
  }

  /** The rest is not wanted. */
  leave(): void {
    this.#flow.leave();
  }

  #break(error: GatewayError): void {
    this.#broken = { error };
    this.#steps.breakOff?.(error);
  }
}

/** Gathers what is said between two looks. */
class Gathering implements Outlet {
  final: Piece | null = null;
  #pieces: Piece[] = [];

  say(piece: Piece): void {
    if (this.final === null) this.#pieces.push(piece);
  }

  end(final: Piece): void {
    this.final ??= final;
  }

  take(): Piece | null {
    const pieces = this.#pieces;
    if (pieces.length === 0) return null;
    this.#pieces = [];
    if (pieces.length === 1) return pieces[0]!;
    return pieces.every(isText) ? pieces.join("") : Buffer.concat(pieces.map(inBytes));
  }
}

const isText = (piece: Piece): piece is string => typeof piece === "string";
const inBytes = (piece: Piece): Uint8Array => (isText(piece) ? Buffer.from(piece) : piece);
