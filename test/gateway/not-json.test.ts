import { afterAll, beforeAll, expect, test } from "bun:test";
import { type App, startApp } from "../helpers/app.ts";
import { world } from "../helpers/world.ts";

const secretWord = "lighthouse";
const bodies: Record<string, [path: string, body: object]> = {
  chat: ["/v1/chat/completions", { messages: [{ role: "user", content: "hi" }] }],
  messages: ["/v1/messages", { max_tokens: 9, messages: [{ role: "user", content: "hi" }] }],
  responses: ["/v1/responses", { input: "hi" }],
};

let app: App;
let upstream: ReturnType<typeof wordsInsteadOfJson>;
beforeAll(async () => {
  upstream = wordsInsteadOfJson();
  app = await startApp({ env: { UPSTREAM_URL: `http://127.0.0.1:${upstream.port}/api/paas/v4` } });
});
afterAll(async () => {
  await app.stop();
  upstream.stop(true);
});

for (const [name, [path, body]] of Object.entries(bodies)) {
  for (const stream of [false, true]) {
    test(`${name}, ${stream ? "streamed" : "whole"}: what is no JSON is the upstream's failure, and none of its words are logged`, async () => {
      const before = app.rows().length;
      const answer = await app.send(path, { model: world.models.usual, stream, ...body });
      const text = await answer.text();
      expect(answer.status).toBe(502);
      expect(text).not.toContain(secretWord);
      const row = (await app.settled(before + 1)).at(-1)!;
      expect(row).toMatchObject({ outcome: "failed", error_kind: "upstream_error", status: 502 });
      expect(app.log.join("\n")).not.toContain(secretWord);
    });
  }
}

/** An upstream that says JSON by its type and words by its body; half an event where a stream is wanted. */
function wordsInsteadOfJson() {
  return Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      if (request.method === "GET") return Response.json({ object: "list", data: [] });
      const { stream } = (await request.json()) as { stream?: boolean };
      const type = stream ? "text/event-stream" : "application/json";
      const text = stream ? `data: {"type":"message_start", ${secretWord}\n\n` : `${secretWord} is what the model said`;
      return new Response(text, { headers: { "content-type": type } });
    },
  });
}
