import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { type App, startApp } from "../helpers/app.ts";
import { until } from "../helpers/upstreams.ts";
import { world } from "../helpers/world.ts";

for (const face of ["zai", "web", "openai"] as const) {
  describe(`bytes that no upstream should send, from the ${face} one`, () => {
    let app: App;
    beforeAll(async () => {
      app = await startApp({ face, env: { STREAM_TIMEOUT: "0.5" } });
    });
    afterEach(() => app.simulator.reset());
    afterAll(() => app.stop());

    async function ask(scenario: string): Promise<{ status: number; text: string; row: Record<string, unknown> }> {
      const before = app.rows().length;
      app.simulator.next(scenario);
      const answer = await app.ask(world.questions.sum, { stream: true });
      const text = await answer.text();
      return { status: answer.status, text, row: (await app.settled(before + 1))[before]! };
    }

    for (const scenario of ["giant_frame", "wrong_type", "after_done", "slow:5", "late:50"]) {
      test(`${scenario}: the answer arrives whole`, async () => {
        const { status, text, row } = await ask(scenario);
        expect(status).toBe(200);
        expect(text).toEndWith("data: [DONE]\n\n");
        for (const line of text.split("\n")) expect(line.length).toBeLessThan(65_536);
        expect(row.outcome).toBe("completed");
      });
    }

    for (const scenario of ["not_json", "empty_stream", "error_200", "http400_sig"]) {
      test(`${scenario}: an error with a status of its own, and nothing that looks like an answer`, async () => {
        const { status, text, row } = await ask(scenario);
        expect(status).toBeGreaterThanOrEqual(400);
        expect(JSON.parse(text)).toMatchObject({ error: { message: expect.any(String) } });
        expect(row).toMatchObject({ status });
        expect(row.outcome).not.toBe("completed");
      });
    }

    test("a line that never ends is cut off, and costs no memory to speak of", async () => {
      const { text, row } = await ask("endless_line:12");
      expect(text).toContain("without an end");
      expect(text.length).toBeLessThan(2_000);
      expect(row).toMatchObject({ outcome: "failed", error_kind: "upstream_error" });
      await until(() => app.simulator.open() === 0);
    });

    test("lines that are no events are passed over; an event that is half an object is never passed over as said", async () => {
      const { status, text, row } = await ask("garbage_line");
      if (status === 200) expect(text).toEndWith("data: [DONE]\n\n");
      else expect(row).toMatchObject({ outcome: "failed", error_kind: "upstream_error" });
      expect(text).not.toContain("nonsense");
    });
  });
}
