import { describe, expect, test } from "bun:test";
import { loadConfig } from "~/config/load.ts";
import { type SettingKey, settingsTable } from "~/config.ts";
import { settingsFiles } from "../../scripts/settings-doc.ts";

const read = (path: string): Promise<string> => Bun.file(new URL(`../../${path}`, import.meta.url)).text();

describe("the written settings", () => {
  test.each(Object.keys(settingsFiles))("are up to date in %s (bun scripts/settings-doc.ts)", async (path) => {
    expect(await read(path)).toBe(await settingsFiles[path]!());
  });

  test("name every setting in .env.example", async () => {
    const lines = (await read(".env.example")).split("\n");
    for (const key of Object.keys(settingsTable)) {
      const { name } = settingsTable[key as SettingKey];
      expect(lines.filter((line) => line.startsWith(`${name}=`) || line.startsWith(`#${name}=`))).toHaveLength(1);
    }
  });

  test("start unchanged from .env.example, as if nothing had been set", async () => {
    expect(loadConfig({}, await read(".env.example"))).toEqual(loadConfig({}, null));
  });

  test("start from .env.example with every line switched on", async () => {
    const text = (await read(".env.example")).replace(/^#(?=[A-Z_]+=)/gm, "");
    expect(loadConfig({}, text).settings).toEqual(loadConfig({}, null).settings);
  });

  test("start from .env.prod.example, and log little", async () => {
    const { settings, notes } = loadConfig({ HOST: "0.0.0.0" }, await read(".env.prod.example"));
    expect(settings).toMatchObject({ logLevel: "warning", apiKeyEnabled: true, debugMode: false });
    expect(notes).toEqual([]);
  });
});
