import { ownUserAgent } from "~/wire/headers.ts";

const path = "/chat/completions";

/** An upstream is configured by its base or by the full completions address; both mean the same. */
export const completionsUrl = (url: string): string => (url.endsWith(path) ? url : url + path);

export const baseUrl = (url: string): string => (url.endsWith(path) ? url.slice(0, -path.length) : url);

export const modelsUrl = (url: string): string => `${baseUrl(url)}/models`;

/** The headers of a request to any upstream: nothing of the client's crosses over. */
export function requestHeaders(token: string | null, accept: string): Record<string, string> {
  const headers: Record<string, string> = { "content-type": "application/json", accept, "user-agent": ownUserAgent };
  if (token !== null) headers.authorization = `Bearer ${token}`;
  return headers;
}
