import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { commands } from "~/cli/run.ts";
import { type SettingKey, settingsTable } from "~/config.ts";
import { startApp } from "../helpers/app.ts";

setDefaultTimeout(30_000);

const guides = readdirSync("docs", { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".md"));
const pages = [
  "README.md",
  "README.zh-CN.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  ...guides.map((name) => join("docs", name)),
];

test("every setting is documented in both languages", () => {
  for (const page of ["docs/settings.md", "docs/settings.zh-CN.md"]) {
    const text = readFileSync(page, "utf8");
    for (const key of Object.keys(settingsTable)) {
      const { name, aliases } = settingsTable[key as SettingKey];
      for (const one of [name, ...aliases]) expect(text).toContain(`\`${one}\``);
    }
  }
});

test("every command is documented in both languages", () => {
  for (const page of ["docs/commands.md", "docs/commands.zh-CN.md"]) {
    const text = readFileSync(page, "utf8");
    for (const name of Object.keys(commands)) expect(text).toContain(`## zgate ${name}\n`);
  }
});

test("every route is documented: on the page of addresses, or in the description that /swagger shows", async () => {
  const app = await startApp();
  const description = (await (await fetch(`${app.url}/openapi.json`)).json()) as { paths: Record<string, unknown> };
  await app.stop();
  const texts = ["docs/addresses.md", "docs/addresses.zh-CN.md"].map((page) => readFileSync(page, "utf8"));
  const described = new Set(Object.keys(description.paths).map((path) => path.replaceAll(/\{(\w+)\}/g, ":$1")));
  const routes = [...new Bun.Glob("src/**/*.{ts,tsx}").scanSync(".")].flatMap((path) =>
    [...readFileSync(path, "utf8").matchAll(/(?:\.(?:get|post|put|patch|delete|all)\(\s*|\[)"(\/[^"]*)"/g)].map(
      ([, route]) => route!,
    ),
  );
  expect(routes.length).toBeGreaterThan(20);
  const missing = routes.filter(
    (route) => !texts.every((page) => page.includes(`${route}\``)) && !described.has(route),
  );
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

test("every guide has a twin in Chinese, of the same build and with the same commands", () => {
  for (const page of [
    "README.md",
    ...guides.filter((name) => !/^decisions|zh-CN/.test(name)).map((name) => join("docs", name)),
  ]) {
    const twin = page.replace(/\.md$/, ".zh-CN.md");
    expect([page, existsSync(twin)]).toEqual([page, true]);
    const [english, chinese] = [page, twin].map((path) => buildOf(readFileSync(path, "utf8")));
    expect({ page, ...chinese }).toEqual({ page, ...english! });
  }
});

/** What a guide and its twin have in common: the levels of its headings, the heights of its tables, and its code without remarks. */
function buildOf(text: string) {
  const code = [...text.matchAll(/^ *```(\w*)\n([\s\S]*?)^ *```$/gm)].map(([, kind, lines = ""]) =>
    kind === "text" ? kind : lines.replaceAll(/(^| )# .*$/gm, "").replaceAll(/ +$/gm, ""),
  );
  const prose = text
    .replaceAll(/^ *```[\s\S]*?^ *```$/gm, "")
    .replace(/<!-- bench:start -->[\s\S]*<!-- bench:end -->/, "");
  return {
    headings: prose.split("\n").flatMap((line) => /^#+ /.exec(line)?.[0] ?? []),
    rows: prose.split("\n").filter((line) => line.startsWith("|")).length,
    code,
  };
}

test("no page holds the marks of a merge", () => {
  for (const page of pages)
    expect([page, /^(<{7}|={7}|>{7})( |$)/m.test(readFileSync(page, "utf8"))]).toEqual([page, false]);
});

test("every anchor that a guide leads to is a heading there", () => {
  for (const page of pages) {
    for (const [, target = ""] of readFileSync(page, "utf8").matchAll(/\]\(([^)\s]+)\)/g)) {
      const [path = "", anchor] = target.split("#");
      if (anchor === undefined || /^https?:/.test(target)) continue;
      const text = readFileSync(path === "" ? page : join(dirname(page), path), "utf8");
      const anchors = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => anchorOf(heading));
      expect([page, target, anchors]).toEqual([page, target, expect.arrayContaining([anchor])]);
    }
  }
});

/** As GitHub makes them. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");

test("every metric that a guide names is there", async () => {
  const app = await startApp({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" } });
  const child = Bun.spawn(["bun", "src/main.ts", "keys", "create", "prometheus", "--rights", "metrics", "--json"], {
    env: { ...process.env, DATA_DIR: app.dataDir },
  });
  const { token } = (await new Response(child.stdout).json()) as { token: string };
  const metrics = await (await fetch(`${app.url}/metrics`, { headers: { authorization: `Bearer ${token}` } })).text();
  await app.stop();
  for (const page of pages) {
    for (const [name] of readFileSync(page, "utf8").matchAll(/\bzgate_[a-z]+_[a-z_]+[a-z]\b/g)) {
      expect([page, name, metrics.includes(`# TYPE ${name} `)]).toEqual([page, name, true]);
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
