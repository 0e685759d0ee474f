import { expect, test } from "bun:test";
import { bytes, duration, money, percent, short, whole } from "~/ui/numbers.ts";

test("says numbers as people read them", () => {
  expect([0, 999, 12_345, 1_234_567, 2_500_000_000].map(short)).toEqual(["0", "999", "12.3k", "1.2M", "2.5G"]);
  expect(whole(1_234_567)).toBe("1,234,567");
  expect([0.4, 12, 1_240, 31_000, 185_000, 7_260_000].map(duration)).toEqual([
    "0.4 ms",
    "12 ms",
    "1.24 s",
    "31.0 s",
    "3 min 5 s",
    "2 h 1 min",
  ]);
  expect([900, 1_536, 5_368_709_120].map(bytes)).toEqual(["900 B", "1.5 KB", "5 GB"]);
});

test("shows what nobody knows as a dash, and never as nothing", () => {
  expect([short(null), whole(null), duration(null), percent(null), bytes(null), money(null, "USD")]).toEqual(
    Array(6).fill("–"),
  );
});

test("never rounds a share or an amount that is there to nothing", () => {
  expect(percent(0.0001)).toBe("<0.1%");
  expect(percent(0)).toBe("0%");
  expect([0.04, 0.044, 0.0996, 1].map(percent)).toEqual(["4.0%", "4.4%", "10%", "100%"]);
  expect([9_000_000, 10_400_000, 99_990_000].map(short)).toEqual(["9.0M", "10.4M", "100M"]);
  expect([money(0.0000031, "USD"), money(0.031, "CNY"), money(12.5, "USD"), money(0, "CNY")]).toEqual([
    "$0.0000031",
    "¥0.031",
    "$12.50",
    "¥0",
  ]);
});
