import { expect, test } from "bun:test";
import { startApp } from "../helpers/app.ts";
import { world } from "../helpers/world.ts";

test("a byte order mark before a request is not sent on, and two are no JSON", async () => {
  for (const face of ["openai", "zai"] as const) {
    const app = await startApp({ face });
    try {
      const messages = [{ role: "user", content: "hi" }];
      const body = JSON.stringify({ model: world.models.usual, max_tokens: 9, messages });
      for (const path of ["/v1/chat/completions", "/v1/messages"]) {
        const answer = await app.send(path, `\uFEFF${body}`);
        expect([face, path, answer.status, await answer.json()]).toMatchObject([face, path, 200, {}]);
        expect((await app.send(path, `\uFEFF\uFEFF${body}`)).status).toBe(400);
      }
      expect((await app.settled(4)).filter((row) => row.error_kind === "invalid_json")).toHaveLength(2);
    } finally {
      await app.stop();
    }
  }
});
