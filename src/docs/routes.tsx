import { Html } from "@elysiajs/html";
import { swagger } from "@elysiajs/swagger";
import { type AnyElysia, Elysia } from "elysia";
import { htmlReply, pageHeaders } from "~/dashboard/reply.ts";
import { forEverybody, type PageParts } from "~/dashboard/visit.tsx";
import { documentation } from "./documentation.ts";
import { Usage } from "./usage/usage.tsx";
import { Viewer } from "./viewer.tsx";

/** The description of every API, for programs at `/openapi.json` and for people at `/swagger`. */
export function createDocs(parts: PageParts): AnyElysia {
  const models = { text: "glm-4.7", eyes: "glm-4.5v" };
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
    .use(
      swagger({
        // The plug-in's own page loads its viewer from a CDN. It stands where no browser can ask for it: what follows a
        // `#` is never sent.
        path: "/openapi#",
        specPath: "/openapi.json",
        // Its guess at files: all that has a dot, exports too. What is no API hides itself.
        excludeStaticFile: false,
        provider: "scalar",
        scalarCDN: parts.assets.href("docs.js"),
        documentation: documentation(parts.version, parts.basePath),
      }),
    );
}

/** The viewer writes styles into its elements, and draws with pictures that stand in its style sheet. */
const viewerHeaders = {
  "content-security-policy": pageHeaders["content-security-policy"].replace(
    "style-src 'self'",
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:",
  ),
};
