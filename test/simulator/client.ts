import { createParser } from "eventsource-parser";

/** The smallest client: it sends what it is given and nothing more. */
export function send(url: string, body: object, options: { bearer?: string; signal?: AbortSignal } = {}) {
  const { bearer = "an-id.a-secret", signal } = options;
  const headers = { "Content-Type": "application/json", Authorization: `Bearer ${bearer}` };
  return fetch(url, { method: "POST", headers, body: JSON.stringify(body), signal, redirect: "manual" });
}

/** The data of every event, read by a parser that is not ours. */
export async function events(response: Response): Promise<string[]> {
  const seen: string[] = [];
  const parser = createParser({ onEvent: (event) => seen.push(event.data) });
  parser.feed(await response.text());
  return seen;
}
