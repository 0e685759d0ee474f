import { expect, test } from "bun:test";
import { zaiWeb } from "~/upstreams/zai-web/index.ts";

const names: [id: string, names: string[]][] = [
  [
    "0727-360B-API",
    ["0727-360B-API", "0727-360b-api", "GLM-4.5", "glm-4.5", "glm4.5", "GLM_4.5", " gpt-4 ", "GLM-4", "GLM45"],
  ],
  ["glm-4.5v", ["glm-4.5v", "GLM-4.5V", "glm4.5v", "GLM_4.5v", "gpt-4-vision-preview"]],
  ["0727-106B-API", ["0727-106B-API", "GLM-4.5-Air", "glm4.5-air"]],
  ["GLM-4-6-API-V1", ["GLM-4-6-API-V1", "glm-4.6"]],
];

for (const [id, asked] of names) {
  test(`knows ${id} by every name that the older systems took, in any case`, () => {
    for (const name of asked) expect(zaiWeb.resolve(name)?.id).toBe(id);
  });
}

test("knows no model that it does not know", () => {
  for (const name of ["gpt-5", "", "GLM-4.5-Pro", "glm-4.5vv", "constructor", "__proto__"]) {
    expect(zaiWeb.resolve(name)).toBeNull();
  }
});

test("lists each model once, by a name that it takes itself", () => {
  const listed = zaiWeb.models.map(({ name }) => name);
  expect(new Set(listed).size).toBe(listed.length);
  for (const { id, name } of zaiWeb.models) expect(zaiWeb.resolve(name)?.id).toBe(id);
});
