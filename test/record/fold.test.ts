import { expect, test } from "bun:test";
import { createFolding, networkOf } from "~/record/fold.ts";

test("an IPv6 customer is a /64, an IPv4 one an address", () => {
  expect(networkOf("192.0.2.1")).toBe("192.0.2.1");
  expect(networkOf("::ffff:192.0.2.1")).toBe("192.0.2.1");
  expect(networkOf("2001:db8:1:2:3:4:5:6")).toBe("2001:db8:1:2");
  expect(networkOf("2001:0DB8:0001:2::9")).toBe("2001:db8:1:2");
  expect(networkOf("2001:db8::1")).toBe("2001:db8:0:0");
  expect(networkOf("::1")).toBe("0:0:0:0");
  expect(networkOf("fe80::1%eth0")).toBe("fe80:0:0:0");
  expect(networkOf("1::")).toBe("1:0:0:0");
});

test("one network shares its own row, everybody shares one beyond the rate in all", () => {
  const fold = createFolding({ perAddress: 2, inAll: 3 });
  const at = 60_000;
  expect(["a::1", "a::2", "a::3", "b::1", "c::1", "a::1"].map((address) => fold(address, at))).toEqual([
    "own",
    "own",
    "address",
    "own",
    "all",
    "all",
  ]);
  expect(fold("a::1", at + 60_000)).toBe("own");
});
