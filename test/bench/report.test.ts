import { describe, expect, test } from "bun:test";
import { diskOf } from "../../bench/machine.ts";
import { median, quantile } from "../../bench/numbers.ts";
import { between, compare, markdown, type Run } from "../../bench/report.ts";

const run = (values: Record<string, number>): Run => ({
  machine: {
    date: "2026-11-22",
    cpu: "A processor",
    cores: 2,
    system: "Linux 6.1",
    bun: "1.4.5",
    disk: { device: "/dev/sda1", filesystem: "ext4", isInMemory: false },
    load: 0.25,
  },
  sections: [
    {
      title: "CPU time a request",
      columns: ["", "µs"],
      rows: [["bare", "50.0"]],
      notes: ["A note."],
      values,
      problems: [],
    },
  ],
});

describe("the report", () => {
  test("is a Markdown table that names the machine and the disk", () => {
    const text = markdown(run({}));
    expect(text).toContain("2 × A processor");
    expect(text).toContain("/dev/sda1 (ext4)");
    expect(text).toContain("|  | µs |\n|---|---:|\n| bare | 50.0 |\n\n- A note.");
  });

  test("names what moved by more than a tenth, and nothing else", () => {
    expect(compare(run({ a: 100, b: 89, c: 5 }), run({ a: 105, b: 100 }))).toEqual(["b: 100 → 89 (-11 %)"]);
  });

  test("stands between its marks, and leaves the rest alone", () => {
    const page = "before\n<!-- bench:start -->\nold\n<!-- bench:end -->\nafter\n";
    expect(between(page, "bench", "new")).toBe("before\n<!-- bench:start -->\nnew\n<!-- bench:end -->\nafter\n");
    expect(() => between("no marks", "bench", "new")).toThrow("bench:start");
  });
});

describe("the numbers", () => {
  test("medians and quantiles are values of the list, or between two of them", () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5]);
    const values = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect([quantile(values, 0.5), quantile(values, 0.99), quantile(values, 1)]).toEqual([50, 99, 100]);
  });

  test("the disk is that of the nearest mount point", () => {
    const mounts = "/dev/vda / ext4 rw 0 0\ntmpfs /proc tmpfs rw 0 0\n/dev/vdb /pro xfs rw 0 0\n";
    expect(diskOf("/proc", mounts)).toEqual({ device: "tmpfs", filesystem: "tmpfs", isInMemory: true });
    expect(diskOf("/", mounts)).toEqual({ device: "/dev/vda", filesystem: "ext4", isInMemory: false });
  });
});
