/** Tells whoever waits for something that nobody wants it any more. An AbortSignal is one. */
export interface Left {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: "abort", listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/**
 * What an AbortController with its signal is, in plain JavaScript: every request has one, and few ever use it.
 * Listeners hear of it once.
 */
export class Leaving implements Left {
  aborted = false;
  reason: unknown;
  #listeners: (() => void)[] = [];

  get signal(): Left {
    return this;
  }

  /** The first reason counts. */
  abort(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    // One that takes another off spares it.
    for (let next = this.#listeners.shift(); next !== undefined; next = this.#listeners.shift()) next();
  }

  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }

  addEventListener(_type: "abort", listener: () => void): void {
    if (!this.#listeners.includes(listener)) this.#listeners.push(listener);
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    const at = this.#listeners.indexOf(listener);
    if (at >= 0) this.#listeners.splice(at, 1);
  }
}

/** For what nobody leaves. */
export const neverLeft: Left = new Leaving();
