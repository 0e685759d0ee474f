import { expect, test } from "bun:test";
import manifest from "../../package.json" with { type: "json" };
import { sbom } from "../../scripts/sbom.ts";

test("the bill of materials names every package that goes into the binary, and none that only tests use", () => {
  const bill = sbom();
  const byName = new Map(bill.components.map((one) => [one.name, one]));
  for (const [name, version] of Object.entries(manifest.dependencies))
    expect(byName.get(name)).toMatchObject({ version });
  // What they bring along: by dependency, by peer, and of two versions the one that is found there.
  for (const name of ["bun", "memoirist", "@sinclair/typebox", "openapi-types", "zod"])
    expect(byName.has(name)).toBe(true);
  for (const name of ["openai", "playwright-core", "drizzle-kit"]) expect(byName.has(name)).toBe(false);
  expect(bill.components.filter(({ name }) => name === "@scalar/types").map(({ version }) => version)).toHaveLength(2);

  const refs = new Set(["zgate", ...bill.components.map((one) => one["bom-ref"])]);
  for (const { ref, dependsOn } of bill.dependencies)
    for (const one of [ref, ...dependsOn]) expect(refs).toContain(one);
  for (const one of bill.components) {
    if (!("hashes" in one)) continue;
    expect(one.hashes[0]?.content).toMatch(/^[0-9a-f]{128}$/);
    expect([one.name, "licenses" in one]).toEqual([one.name, true]);
  }
  expect(sbom()).toEqual(bill);
});
