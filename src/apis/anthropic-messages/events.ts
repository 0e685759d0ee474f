import { writeEvent } from "~/wire/sse.ts";

/** One of Anthropic's events: its type stands in the `event:` line as well. */
export function writeMessageEvent(event: { [field: string]: unknown; type: string }): string {
  return writeEvent({ event: event.type, data: JSON.stringify(event) });
}
