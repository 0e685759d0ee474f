import { afterEach, beforeEach, expect, test } from "bun:test";
import type { GatewayError } from "~/errors.ts";
import { networkCheck, readNetwork, strangerOf } from "~/keys/networks.ts";
import { type HeldClock, holdClock } from "../helpers/clock.ts";
import { ada, type House, openHouse, scratchFolder } from "./house.ts";

let folder: ReturnType<typeof scratchFolder>;
let clock: HeldClock;
let house: House;
beforeEach(async () => {
  folder = scratchFolder();
  clock = holdClock();
  house = await openHouse(folder.path, clock, 5);
});
afterEach(async () => {
  await house.close();
  await folder.remove();
});

const restart = async () => {
  await house.close();
  house = await openHouse(folder.path, clock, 5);
};
const outcome = (work: () => void): string => {
  try {
    work();
    return "in";
  } catch (error) {
    return (error as GatewayError).kind;
  }
};
const admitted = (address: string) => outcome(() => house.gate.admit(address));

test("a pause stops everybody with the owner's sentence, across a restart, until it is over", async () => {
  await house.gate.pause({ message: "Moving house until noon." }, ada);
  await restart();
  expect(() => house.gate.requireRunning()).toThrow("Moving house until noon.");
  expect(house.gate.state()).toMatchObject({ paused: true, message: "Moving house until noon." });
  await house.gate.resume(ada);
  house.gate.requireRunning();
  await restart();
  house.gate.requireRunning();
});

test("a blocked address or network stays out, across a restart, until it is let in again", async () => {
  await house.gate.block({ network: "203.0.113.0/24", note: "guessed passwords" }, ada);
  await house.gate.block({ network: "2001:DB8:0::/32" }, ada);
  await restart();
  expect(admitted("203.0.113.9")).toBe("address_not_allowed");
  expect(admitted("::ffff:203.0.113.9")).toBe("address_not_allowed");
  expect(admitted("2001:db8::7")).toBe("address_not_allowed");
  expect(admitted("203.0.114.9")).toBe("in");
  expect(house.gate.blocked().map(({ network }) => network)).toEqual(["203.0.113.0/24", "2001:db8::/32"]);
  await house.gate.unblock("203.0.113.0/24", ada);
  expect(admitted("203.0.113.9")).toBe("in");
  expect(house.gate.block({ network: "0.0.0.0/0" }, ada)).rejects.toThrow(/everybody/);
  expect(house.gate.block({ network: "not a network" }, ada)).rejects.toThrow(/must be/);
  expect(house.gate.unblock("203.0.113.0/24", ada)).rejects.toThrow(/not blocked/);
});

test("nobody blocks himself or half the world, and an IPv6 network is no IPv4 address", async () => {
  const block = (network: string, address = "127.0.0.1") =>
    house.gate.block({ network }, { ...ada, address }).then(
      () => "blocked",
      (error: GatewayError) => error.message,
    );
  expect(await block("127.0.0.1")).toContain("lock yourself out");
  expect(await block("127.0.0.0/8", "::ffff:127.0.0.1")).toContain("lock yourself out");
  expect(await block("2001:db8::/32", "2001:db8::7")).toContain("lock yourself out");
  for (const wide of ["0.0.0.0/1", "128.0.0.0/1", "::/1", "8000::/1", "2000::/3"]) {
    expect(await block(wide, "")).toContain("too much of the world");
  }
  expect(house.gate.blocked()).toEqual([]);
  expect(await block("127.0.0.1", "")).toBe("blocked");
  expect(await block("::/16")).toBe("blocked");
  expect(admitted("192.0.2.1")).toBe("in");
  expect(["192.0.2.1", "::ffff:192.0.2.1", "::1"].map(networkCheck(["::/1"]))).toEqual([false, false, true]);
});

test("an address may ask so often in a minute; an IPv6 household counts as one", () => {
  for (let i = 0; i < 5; i++) expect(admitted("198.51.100.7")).toBe("in");
  expect(admitted("198.51.100.7")).toBe("too_many_requests");
  expect(admitted("198.51.100.8")).toBe("in");
  for (let i = 0; i < 5; i++) expect(admitted(`2001:db8:1:2::${i + 1}`)).toBe("in");
  expect(admitted("2001:db8:1:2:ffff::1")).toBe("too_many_requests");
  expect(admitted("2001:db8:1:3::1")).toBe("in");
  clock.pass(120_000);
  expect(admitted("198.51.100.7")).toBe("in");
});

test("a minute slides: what came at the end of one still counts at the start of the next", () => {
  clock.pass(55_000 - (clock.now() % 60_000));
  for (let i = 0; i < 5; i++) expect(admitted("198.51.100.7")).toBe("in");
  clock.pass(10_000);
  expect(admitted("198.51.100.7")).toBe("too_many_requests");
});

test("an address that waits as long as it was told gets in", () => {
  for (let i = 0; i < 5; i++) house.gate.admit("198.51.100.7");
  for (let i = 0; i < 20; i++) {
    try {
      house.gate.admit("198.51.100.7");
      return;
    } catch (error) {
      clock.pass((error as GatewayError).retryAfterMs!);
    }
    expect(i).toBeLessThan(3);
  }
});

test("networks are read in any form and told apart exactly", () => {
  expect(readNetwork("203.0.113.7")).toBe("203.0.113.7/32");
  expect(readNetwork(" 10.0.0.0/8 ")).toBe("10.0.0.0/8");
  expect(readNetwork("2001:DB8:0:0::/32")).toBe("2001:db8::/32");
  for (const text of [
    "10.0.0.1/8",
    "10.0.0.0/33",
    "10.0.0.0/-1",
    "10.0.0/8",
    "::/129",
    "fe80::1%eth0",
    "x",
    "",
    "10.0.0.0/8/8",
  ]) {
    expect(readNetwork(text)).toBeNull();
  }
  const check = networkCheck(["10.0.0.0/9", "2001:db8:8000::/33"]);
  expect(["10.127.255.255", "10.128.0.0", "2001:db8:8000::1", "2001:db8:7fff::1", "x"].map(check)).toEqual([
    true,
    false,
    true,
    false,
    false,
  ]);
  expect(strangerOf("2001:db8:1:2:3:4:5:6")).toBe("2001:db8:1:2::/64");
  expect(strangerOf("::ffff:192.0.2.1")).toBe("192.0.2.1");
  expect(strangerOf("::FFFF:c000:201")).toBe("192.0.2.1");
  expect(strangerOf("::ffff:1")).toBe("::/64");
  expect(networkCheck(["203.0.113.0/24"])("::ffff:cb00:7107")).toBe(true);
});
