import { swagger } from "@elysiajs/swagger";
import { type AnyElysia, Elysia } from "elysia";
import { documentation } from "./documentation.ts";

const path = "/openapi.json";

/** What the plug-in says of some groups of routes, and we of the others: OpenAPI as JSON. */
export async function describe(groups: readonly AnyElysia[], version: string, basePath: string): Promise<string> {
  // An app that never listens: the plug-in describes the one that it is a part of.
  const app = new Elysia();
  for (const group of groups) app.use(group);
  app.use(
    swagger({
      specPath: path,
      // Its guess at files: all that has a dot, exports too. What is no API hides itself.
      excludeStaticFile: false,
      documentation: documentation(version, basePath),
    }),
  );
  return (await app.handle(new Request(`http://localhost${path}`))).text();
}
