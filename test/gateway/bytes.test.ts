import { afterAll, beforeAll, expect, test } from "bun:test";
import { type App, startApp } from "../helpers/app.ts";
import { world } from "../helpers/world.ts";

let app: App;
beforeAll(async () => {
  app = await startApp();
});
afterAll(() => app.stop());

const stories: [story: string, body: object, scenario: string | null][] = [
  ["a whole answer", {}, null],
  ["a stream, its last event included", { stream: true }, null],
  ["a refusal", { model: "no-such-model" }, null],
  ["an error before the first word", { stream: true }, "http500"],
  ["an error in mid-stream", { stream: true }, "err_mid"],
];
for (const [story, body, scenario] of stories) {
  test(`the bytes on record are those that its client got: ${story}`, async () => {
    if (scenario !== null) app.simulator.next(scenario);
    const before = app.rows().length;
    const answer = await app.ask(world.questions.sum, body);
    const got = Buffer.byteLength(await answer.text());
    const row = (await app.settled(before + 1)).at(-1)!;
    expect(Number(row.bytes_out)).toBe(got);
    expect(got).toBeGreaterThan(0);
  });
}
