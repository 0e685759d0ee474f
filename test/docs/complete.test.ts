import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { commands } from "~/cli/run.ts";
import { type SettingKey, settingsTable } from "~/config.ts";
import { startApp } from "../helpers/app.ts";

setDefaultTimeout(30_000);

const guides = readdirSync("docs", { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".md"));
const pages = ["README.md", "README.zh-CN.md", "CONTRIBUTING.md", ...guides.map((name) => join("docs", name))];

test("every setting is documented in both languages", () => {
  for (const page of ["docs/settings.md", "docs/settings.zh-CN.md"]) {
    const text = readFileSync(page, "utf8");
    for (const key of Object.keys(settingsTable)) {
      const { name, aliases } = settingsTable[key as SettingKey];
      for (const one of [name, ...aliases]) expect(text).toContain(`\`${one}\``);
    }
  }
});

test("every command is documented", () => {
  const text = readFileSync("docs/commands.md", "utf8");
  for (const name of Object.keys(commands)) expect(text).toContain(`## zgate ${name}\n`);
});

test("every route is documented: on the page of addresses, or in the description that /swagger shows", async () => {
  const app = await startApp();
  const description = (await (await fetch(`${app.url}/openapi.json`)).json()) as { paths: Record<string, unknown> };
  await app.stop();
  const page = readFileSync("docs/addresses.md", "utf8");
  const described = new Set(Object.keys(description.paths).map((path) => path.replaceAll(/\{(\w+)\}/g, ":$1")));
  const routes = [...new Bun.Glob("src/**/*.{ts,tsx}").scanSync(".")].flatMap((path) =>
    [...readFileSync(path, "utf8").matchAll(/\.(?:get|post|put|patch|delete|all)\(\s*"(\/[^"]*)"/g)].map(
      ([, route]) => route!,
    ),
  );
  expect(routes.length).toBeGreaterThan(20);
  const missing = routes.filter((route) => !page.includes(`${route}\``) && !described.has(route));
  expect(missing).toEqual([]);
});

test("no link in a guide leads nowhere", () => {
  for (const page of pages.filter((path) => existsSync(path))) {
    const text = readFileSync(page, "utf8");
    for (const [, target = ""] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^(https?:|#|mailto:)/.test(target)) continue;
      const [path = ""] = target.split("#");
      expect([page, target, existsSync(join(dirname(page), path))]).toEqual([page, target, true]);
    }
  }
});

test("every symptom of the older systems' documents has its row", () => {
  const text = readFileSync("docs/troubleshooting.md", "utf8");
  const symptoms = [
    /type error/,
    /missing modules/,
    /crashes/,
    /^\| 401 /m,
    /^\| 502 /m,
    /504|no answer at all/,
    /DASHBOARD_ENABLED=false/,
    /do not move/,
    /no style/,
    /breaks off/,
    /format/,
    /garbled/,
    /media is not understood/,
    /DEBUG_MODE/,
    /something went wrong/,
    /in use/,
    /\.env/,
    /container ends at once/,
    /firewall/,
    /out of memory/,
  ];
  for (const symptom of symptoms) expect(text).toMatch(symptom);
});
