import { expect, test } from "bun:test";
import { createPool } from "~/credentials/pool.ts";
import { holdClock } from "../helpers/clock.ts";

const stays = new AbortController().signal;
const means = { upstream: "main", url: "http://127.0.0.1/v1", fetchGuest: null, guestTtlMs: 1000 };

test("shows the first token, and the next one where it was refused", async () => {
  const tokens = ["new", "old"].map((token) => ({ name: "main", token, until: null }));
  const pool = createPool({ ...means, tokens }, holdClock());
  const first = await pool.take(stays);
  expect(first.target.token).toBe("new");
  expect(pool.refuse(first)).toBe(true);
  const second = await pool.take(stays);
  expect(second.target.token).toBe("old");
  expect(pool.refuse(second)).toBe(false);
  // With nothing better left the first is shown again: its owner may have seen to it.
  expect((await pool.take(stays)).target.token).toBe("new");
});

test("a token whose overlap is over is not shown any more", async () => {
  const clock = holdClock();
  const tokens = [
    { name: "main", token: "new", until: null },
    { name: "main", token: "old", until: clock.now() + 1000 },
  ];
  const pool = createPool({ ...means, tokens }, clock);
  pool.refuse(await pool.take(stays));
  expect((await pool.take(stays)).target.token).toBe("old");
  clock.pass(1000);
  expect((await pool.take(stays)).target.token).toBe("new");
});

test("a guest is fetched once for all who wait, kept for a while, and replaced when refused", async () => {
  let guests = 0;
  const clock = holdClock();
  const pool = createPool({ ...means, tokens: [], fetchGuest: async () => `guest ${++guests}` }, clock);
  const both = await Promise.all([pool.take(stays), pool.take(stays)]);
  expect(both.map(({ target }) => target.token)).toEqual(["guest 1", "guest 1"]);
  expect(pool.refuse(both[0]!)).toBe(true);
  expect((await pool.take(stays)).target.token).toBe("guest 2");
  clock.pass(1000);
  expect((await pool.take(stays)).target.token).toBe("guest 3");
});

test("without tokens and guests it shows nothing", async () => {
  const pool = createPool({ ...means, tokens: [] }, holdClock());
  expect(await pool.take(stays)).toMatchObject({ name: "none", target: { token: null, isGuest: false } });
});
