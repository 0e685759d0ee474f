/**
 * What zgate is measured against: the least that a gateway on this runtime can be. It knows nobody, writes nothing down
 * and looks at nothing. `bun bench/bare.ts PORT UPSTREAM`.
 */
import { Elysia } from "elysia";

const [port, upstream] = process.argv.slice(2);

new Elysia()
  .post(
    "/v1/chat/completions",
    async ({ request }) => {
      const { status, headers, body } = await fetch(upstream!, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: await request.arrayBuffer(),
      });
      return new Response(body, { status, headers: { "content-type": headers.get("content-type") ?? "" } });
    },
    { parse: "none" },
  )
  .listen({ port: Number(port), hostname: "127.0.0.1" });
