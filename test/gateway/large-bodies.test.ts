import { describe, expect, test } from "bun:test";
import { startApp } from "../helpers/app.ts";
import { world } from "../helpers/world.ts";

/** More than a megabyte of picture, from which on a body takes its own ways through the house. */
const head = Buffer.from("89504e470d0a1a0a0000000d494844520000001000000010", "hex");
const data = Buffer.concat([head, Buffer.alloc(900_000, "tide and moon")]).toString("base64");
const url = `data:image/png;base64,${data}`;

/** Some letters outside ASCII make a text of this twice as large, so it stays bytes. */
const questions = ["What is it?", "这是什么？🌊"];

const apis = {
  chat: (text: string) => ({
    path: "/v1/chat/completions",
    content: [
      { type: "text", text },
      { type: "image_url", image_url: { url } },
    ],
    body: (content: object[]) => ({ messages: [{ role: "user", content }] }),
  }),
  messages: (text: string) => ({
    path: "/v1/messages",
    content: [
      { type: "text", text },
      { type: "image", source: { type: "base64", media_type: "image/png", data } },
    ],
    body: (content: object[]) => ({ max_tokens: 500, messages: [{ role: "user", content }] }),
  }),
  responses: (text: string) => ({
    path: "/v1/responses",
    content: [
      { type: "input_text", text },
      { type: "input_image", image_url: url },
    ],
    body: (content: object[]) => ({ input: [{ role: "user", content }] }),
  }),
};

for (const face of ["zai", "web", "openai"] as const) {
  describe(`a body of megabytes to the ${face} upstream`, () => {
    for (const [api, ask] of Object.entries(apis)) {
      test(`arrives whole over ${api}`, async () => {
        const app = await startApp({ face, env: { ZAI_TOKEN: "harbour-user-token" } });
        try {
          for (const text of questions) {
            // Named as the upstream does, or not; streamed, or not: passed, edited and rebuilt.
            for (const [model, stream] of [
              [world.models.seeing, false],
              [world.models.seeing, true],
              [world.models.seeing.toUpperCase(), true],
            ] as const) {
              const { path, content, body } = ask(text);
              const answer = await app.send(path, { model, stream, ...body([...content, ...content]) });
              expect([answer.status, await answer.text()]).toEqual([200, expect.any(String)]);
              const sent = JSON.stringify(app.simulator.requests().at(-1)!.body);
              expect(sent.split(data)).toHaveLength(3);
              expect(sent.split(JSON.stringify(text).slice(1, -1))).toHaveLength(3);
            }
          }
          expect(app.simulator.violations()).toEqual([]);
        } finally {
          await app.stop();
        }
      });
    }
  });
}
