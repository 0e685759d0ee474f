import { expect, test } from "bun:test";
import { clientLeft } from "~/gateway/exchange.ts";
import { openOutflow } from "~/gateway/outflow.ts";
import { Leaving } from "~/left.ts";

test("a stream whose client had left before it was there is told all the same, to nobody and once", async () => {
  const told = Promise.withResolvers<void>();
  let tellings = 0;
  using server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch({ signal }) {
      const left = new Leaving();
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      left.abort(clientLeft);
      const wishes = { left, hasBegun: true, pingMs: 1_000, patienceMs: 1_000, leave: () => left.abort(clientLeft) };
      const body = openOutflow(wishes, async ({ write }) => {
        tellings++;
        write("words");
        told.resolve();
      });
      return new Response(body);
    },
  });
  await fetch(server.url, { signal: AbortSignal.timeout(20) }).catch(() => {});
  await told.promise;
  await Bun.sleep(20);
  expect(tellings).toBe(1);
});
