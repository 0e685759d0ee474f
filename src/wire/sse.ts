/**
 * Server-sent events: bytes ⇄ events, without meaning.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export interface SseEvent {
  /** The `event:` field; absent for the default type. */
  event?: string;
  /** The `data:` lines, joined by a newline. */
  data: string;
}
