import type { createApp } from "~/app.ts";

type App = ReturnType<typeof createApp>;
type Listening = Omit<Bun.Serve.Options<undefined>, "fetch" | "routes">;

/**
 * Serves the app below a path (`/zgate`), as well as without it: a proxy may cut the path off or pass it on. Inside,
 * nobody knows of the path; it is taken off on the way in and put before every address of ours on the way out.
 */
export function serveBelow(app: App, basePath: string, options: Listening): Bun.Server<undefined> {
  app.compile();
  const server = Bun.serve({
    ...options,
    async fetch(request: Request) {
      if (isForPeople(request)) request.headers.delete("accept-encoding");
      const url = without(basePath, request.url);
      // The same object stays: its socket's address, its body and its signal belong to it.
      if (url !== request.url) Object.defineProperty(request, "url", { value: url });
      return below(basePath, await app.fetch(request));
    },
  } as Bun.Serve.Options<undefined>);
  app.server = server as unknown as App["server"];
  return server;
}

/** Pages are changed on the way out, which compressed ones cannot be; a proxy in front compresses them again. */
function isForPeople({ headers }: Request): boolean {
  return (headers.get("accept") ?? "").includes("text/html") || headers.has("hx-request");
}

function without(basePath: string, url: string): string {
  const start = url.startsWith("/") ? 0 : url.indexOf("/", url.indexOf("://") + 3);
  if (start < 0 || !url.startsWith(basePath, start)) return url;
  const rest = url.slice(start + basePath.length);
  if (rest !== "" && !/^[/?]/.test(rest)) return url;
  return `${url.slice(0, start)}${rest.startsWith("/") ? "" : "/"}${rest}`;
}

function below(basePath: string, response: Response): Response {
  const { headers } = response;
  for (const name of ["location", "hx-redirect", "hx-push-url", "hx-replace-url"]) {
    const to = headers.get(name);
    if (to !== null && /^\/(?!\/)/.test(to)) headers.set(name, basePath + to);
  }
  const type = headers.get("content-type") ?? "";
  const isLive = type.startsWith("text/event-stream") && headers.has("content-security-policy");
  if ((!type.startsWith("text/html") && !isLive) || headers.has("content-encoding")) return response;
  if (response.body === null) return response;
  headers.delete("content-length");
  const { status } = response;
  return new Response(response.body.pipeThrough(rewriting(basePath)), { status, headers });
}

/**
 * Puts the path before addresses in attributes that we write ourselves. Quotes in anybody else's words are escaped, so
 * they never look like one. What may be cut in two is held until the tag is whole.
 */
function rewriting(basePath: string): TransformStream<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  let held = "";
  const write = (text: string) => encoder.encode(text.replace(addresses, `$1${basePath}/`));
  return new TransformStream({
    transform(bytes, controller) {
      held += decoder.decode(bytes, { stream: true });
      const whole = held.lastIndexOf("<") > held.lastIndexOf(">") ? held.lastIndexOf("<") : held.length;
      if (whole > 0) controller.enqueue(write(held.slice(0, whole)));
      held = held.slice(whole);
    },
    flush(controller) {
      if (held !== "") controller.enqueue(write(held));
    },
  });
}

const addresses =
  /(\s(?:href|src|action|formaction|data-live|hx-(?:get|post|put|patch|delete|push-url|replace-url|sse-connect))=")\/(?!\/)/g;
