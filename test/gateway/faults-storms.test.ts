import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { GatewayError } from "~/errors.ts";
import { readBody } from "~/gateway/body.ts";
import { createStates } from "~/gateway/states.ts";
import { type App, startApp } from "../helpers/app.ts";
import { holdClock } from "../helpers/clock.ts";
import { command, tableOf, until } from "../helpers/upstreams.ts";
import { world } from "../helpers/world.ts";

let app: App;
beforeAll(async () => {
  app = await startApp({
    env: { RETRY_BUDGET: "0.5", UPSTREAM_IN_FLIGHT: "20", HEADERS_TIMEOUT: "0.3", STREAM_TIMEOUT: "0.3" },
  });
});
afterEach(() => app.simulator.reset());
afterAll(() => app.stop());

interface Health {
  queued: number;
  data: { in_flight: number }[];
}

const storms: [scenario: string, statuses: number[]][] = [
  ["http429", [429]],
  ["e429_1302", [429]],
  ["http500", [502]],
  ["e429_1305", [503]],
  ["reset_first", [502]],
  ["silence", [504]],
  ["inband_first:1305", [503]],
];
for (const [scenario, statuses] of storms) {
  test(`a storm of ${scenario}: sixty clients hear of it, sixty rows say so, and nothing is left behind it`, async () => {
    const before = app.rows().length;
    app.simulator.always(scenario);
    const answers = await Promise.all(Array.from({ length: 60 }, () => app.ask(world.questions.sum, { stream: true })));
    for (const answer of answers) {
      expect(answer.status).toBeOneOf(statuses);
      expect(await answer.json()).toMatchObject({ error: { message: expect.any(String), code: expect.any(String) } });
    }
    const rows = (await app.settled(before + 60)).slice(before);
    expect(rows.reduce((sum, { requests }) => sum + requests, 0)).toBe(60);
    for (const row of rows) {
      expect(row.outcome).toBe("failed");
      expect(row.status).toBeOneOf(statuses);
      const noted = tableOf(app, "attempts").filter(({ request_id }) => request_id === row.id).length;
      expect(noted).toBe((row.attempts as number) > 1 ? (row.attempts as number) : 0);
    }
    const { queued, data } = await command<Health>(app, "upstreams.health");
    expect([queued, data[0]!.in_flight]).toEqual([0, 0]);
    await until(() => app.simulator.open() === 0);

    app.simulator.reset();
    await command(app, "upstreams.wake", { upstream: "environment" });
    const after = await app.ask(world.questions.sum);
    expect(after.status).toBe(200);
    await after.text();
  });
}

test("a body that stops arriving is a 408, and one that goes on slowly is read", async () => {
  const request = (pauseMs: number) => {
    const pieces = ['{"a":', "1", "}"];
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        await Bun.sleep(pauseMs);
        const piece = pieces.shift();
        if (piece === undefined) controller.close();
        else controller.enqueue(Buffer.from(piece));
      },
    });
    return new Request("http://zgate/v1/chat/completions", { method: "POST", body });
  };
  const limits = { maxBytes: 1_000, pauseMs: 100 };
  expect((await readBody(request(20), limits)).size).toBe(7);
  const late = await readBody(request(5_000), limits).catch((error: unknown) => error);
  expect(late).toBeInstanceOf(GatewayError);
  expect(late).toMatchObject({ kind: "body_timeout", status: 408 });
});

test("a clock that jumps makes no rest last for days, and none end early while the process lives", () => {
  const clock = holdClock();
  const since = clock.now();
  const rested = [
    { account: "a", model: "glm-4.7", since, until: since + 20_000, openings: 2, reason: "upstream_error 500" },
    { account: "a", model: "*", since, until: since + 60_000, openings: 0, reason: "insufficient_quota" },
  ];
  // Set back by a week between two processes: what is left is no more than the rest had been.
  clock.jumpTo(since - 7 * 86_400_000);
  const states = createStates({ clock, breakerFailures: 5, breakers: rested, saveBreaker: () => {} });
  const slot = states.addSlot("a", "glm-4.7", null);
  expect(slot.breaker.restMs(clock.tick())).toBeLessThanOrEqual(300_000);
  expect(states.of("a").rest.untilTick - clock.tick()).toBe(60_000);
  // A day forward within a process changes nothing: rests are counted by the growing clock.
  const left = slot.breaker.restMs(clock.tick());
  clock.jumpTo(since + 86_400_000);
  expect(slot.breaker.restMs(clock.tick())).toBe(left);
  clock.pass(left);
  expect(slot.breaker.mayAsk(clock.tick())).toBe(true);
});
