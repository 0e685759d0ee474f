import { writeEvent } from "~/wire/sse.ts";

/** One of OpenAI's typed events: its type stands in the `event:` line as well. */
export function writeResponseEvent(event: { [field: string]: unknown; type: string; sequence_number: number }): string {
  return writeEvent({ event: event.type, data: JSON.stringify(event) });
}
