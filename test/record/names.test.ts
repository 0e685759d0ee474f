import { expect, test } from "bun:test";
import { capped, createNames } from "~/record/names.ts";
import { otherId } from "../../drizzle/names.ts";

const nothing = { names: [], userAgents: [] };

test("a string keeps its id, and its row travels once", () => {
  const names = createNames({ names: [{ id: 7, kind: "model", value: "glm-4.5" }], userAgents: [] });
  expect(names.idOf("model", "glm-4.5", "refused")).toBe(7);
  const id = names.idOf("model", "glm-4.6", "known");
  expect(names.idOf("model", "glm-4.6", "known")).toBe(id);
  expect(names.idOf("path", "glm-4.6", "known")).not.toBe(id);
  const taken = names.takeNew();
  expect(taken?.names.map((row) => row.value)).toEqual(["glm-4.6", "glm-4.6"]);
  expect(names.takeNew()).toBeNull();
  names.putBack(taken!);
  expect(names.takeNew()).toEqual(taken);
});

test("strangers fill half a table at most, those who were refused nothing of it", () => {
  const names = createNames(nothing, 4);
  expect(names.idOf("path", "/1", "refused")).toBe(otherId);
  expect(names.idOf("path", "/2", "stranger")).not.toBe(otherId);
  expect(names.idOf("path", "/3", "stranger")).not.toBe(otherId);
  expect(names.idOf("path", "/4", "stranger")).toBe(otherId);
  expect(names.idOf("path", "/5", "known")).not.toBe(otherId);
  expect(names.idOf("path", "/6", "known")).not.toBe(otherId);
  expect(names.idOf("path", "/7", "known")).toBe(otherId);
  expect(names.idOf("model", "still room here", "known")).not.toBe(otherId);
});

test("texts are cut to 256 bytes between characters, without what a terminal obeys", () => {
  expect(capped("é".repeat(300))).toBe("é".repeat(128));
  expect(Buffer.byteLength(capped("漢".repeat(300)))).toBe(255);
  expect(capped("a\u001b[31m\nb\u202ec")).toBe("a [31m b c");
  expect(capped("lone \ud800")).toBe("lone \ufffd");
  const names = createNames(nothing);
  const long = `curl/8 ${"x".repeat(400)}`;
  const id = names.userAgentId(long, "known");
  expect(names.userAgentId(long, "known")).toBe(id);
  expect(names.takeNew()?.userAgents).toEqual([{ id, raw: long.slice(0, 256), family: "curl", version: "8" }]);
});
