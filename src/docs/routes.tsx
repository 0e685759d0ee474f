import { Html } from "@elysiajs/html";
import { type AnyElysia, Elysia } from "elysia";
import { htmlReply, pageHeaders } from "~/dashboard/reply.ts";
import { forEverybody, type PageParts } from "~/dashboard/visit.tsx";
import { jsonHeaders } from "~/wire/headers.ts";
import { Usage } from "./usage/usage.tsx";
import { Viewer } from "./viewer.tsx";

/** The description of every API, for programs at `/openapi.json` and for people at `/swagger`; of `described`, each route. */
export function createDocs(parts: PageParts, described: readonly AnyElysia[]): AnyElysia {
  const models = { text: "glm-4.7", eyes: "glm-4.5v" };
  let description: Promise<string> | null = null;

  // Nothing of it changes while zgate runs, and many who run it never ask: it is loaded and written when somebody does.
  const describeOnce = () => {
    description ??= import("./description.ts").then(({ describe }) =>
      describe(described, parts.version, parts.basePath),
    );
    return description;
  };

  return new Elysia({ name: "docs" })
    .get(
      "/docs",
      forEverybody(parts, ({ request, view }) => htmlReply(request, <Usage view={view} models={models} />)),
      { detail: { hide: true } },
    )
    .get(
      "/swagger",
      forEverybody(parts, ({ request, view }) =>
        htmlReply(request, <Viewer view={view} />, { headers: viewerHeaders }),
      ),
      { detail: { hide: true } },
    )
    .get("/openapi.json", async () => new Response(await describeOnce(), { headers: jsonHeaders }), {
      detail: { hide: true },
    });
}

/** The viewer writes styles into its elements, and draws with pictures that stand in its style sheet. */
const viewerHeaders = {
  "content-security-policy": pageHeaders["content-security-policy"].replace(
    "style-src 'self'",
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:",
  ),
};
