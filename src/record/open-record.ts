import { GatewayError } from "~/errors.ts";
import type { RowState } from "./encode.ts";
import { type Arrival, blankFacts, type Ending, outcomes, type RequestRecord } from "./record.ts";
import { requestIdOf, timeOfId } from "./request-id.ts";

/** A record from its beginning until its row is on the disk. */
export class OpenRecord implements RequestRecord, RowState {
  readonly skewMs: number;
  readonly facts = blankFacts();
  outcome: number = outcomes.running;
  endedTick = 0;
  /** Whether a shared row counts it, instead of one of its own. */
  isShared = false;
  /** Whether its running row was handed to the writer, and so may stand. */
  isPosted = false;
  #end: Promise<void> | null = null;
  #commit: PromiseWithResolvers<void> | null = null;

  constructor(
    readonly id: number,
    readonly arrival: Arrival,
    /** Whether the queue has a place for its row. */
    readonly hasPlace: boolean,
    private readonly onEnd: (record: OpenRecord, outcome: Ending) => Promise<void>,
  ) {
    this.skewMs = timeOfId(id) - arrival.acceptedAt;
  }

  get requestId(): string {
    return requestIdOf(this.id);
  }

  end(outcome: Ending, error?: GatewayError): Promise<void> {
    if (this.#end === null) {
      this.outcome = outcomes[outcome];
      if (error !== undefined) {
        this.facts.errorKind = error.kind;
        this.facts.status ||= error.status;
        this.facts.errorText ||= error.upstreamCode ?? "";
      }
      this.#end = this.onEnd(this, outcome);
    }
    return this.#end;
  }

  untilCommitted(): Promise<void> {
    this.#commit = Promise.withResolvers();
    return this.#commit.promise;
  }

  committed(): void {
    this.#commit?.resolve();
  }

  /** SQLite takes everything but this row, which is a fault of ours. Its running row stays, and becomes lost. */
  refused(): void {
    this.#commit?.reject(new GatewayError("internal_error", "The request could not be put on record"));
  }

  /** Its row waits until storage works again; whoever waited for it waits no longer. */
  uncommitted(failure: GatewayError, isRefused: boolean): void {
    if (this.#commit === null) return;
    if (isRefused) {
      this.failed(failure);
      this.#commit.reject(failure);
    } else {
      this.#commit.resolve();
    }
    this.#commit = null;
  }

  /** The client gets an error instead of the end of its answer, and the row says so. */
  failed(failure: GatewayError): void {
    if (this.outcome !== outcomes.completed) return;
    this.outcome = outcomes.failed;
    this.facts.errorKind = failure.kind;
    this.facts.status = failure.status;
  }
}
