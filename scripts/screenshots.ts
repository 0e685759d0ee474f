/**
 * `bun run screenshots`: the pictures of the documents, `docs/screens/*.png`, of a real zgate with a made month of
 * traffic behind it. Needs /usr/bin/chromium.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContextOptions, chromium } from "playwright-core";
import { makeMany } from "../bench/many-requests.ts";
import { loadConfig } from "../src/config/load.ts";
import { openAndMigrate } from "../src/db/open.ts";
import { createLog } from "../src/log.ts";
import { startSimulator } from "../src/simulator/simulator.ts";
import { startZgate } from "../src/zgate.ts";
import { world } from "../test/helpers/world.ts";

interface Picture {
  file: string;
  path: string;
  isWhole?: true;
  look?: BrowserContextOptions;
}

const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true };
const pictures: Picture[] = [
  { file: "home", path: "/" },
  { file: "overview", path: "/dashboard?range=30d", isWhole: true },
  { file: "overview-dark", path: "/dashboard?range=7d", look: { colorScheme: "dark" } },
  { file: "overview-zh", path: "/dashboard?range=30d", look: { locale: "zh-CN" } },
  { file: "overview-phone", path: "/dashboard?range=24h", look: phone },
  { file: "requests", path: "/dashboard/requests?range=7d&outcome=failed" },
  { file: "request", path: "first of /dashboard/requests?range=7d&outcome=completed" },
  { file: "keys", path: "/dashboard/keys" },
  { file: "key", path: "/dashboard/keys/1" },
  { file: "upstreams", path: "/dashboard/upstreams" },
  { file: "system", path: "/dashboard/system" },
];

const folder = mkdtempSync(join(tmpdir(), "zgate-screens-"));
const out = "docs/screens";
mkdirSync(out, { recursive: true });

const month = openAndMigrate(join(folder, "zgate.db"));
makeMany(month, { rows: 120_000, days: 40, now: Date.now(), seed: 11 });
const rename = month.sqlite.prepare("update keys set name = ? where id = ?");
const holders = [...Object.values(world.keys).map(({ name }) => name), "tide-bot", "logbook", "pier-display"];
for (let id = 1; id <= 20; id++) rename.run(holders[id - 1] ?? `visitor ${id - holders.length}`, id);
month.close();

const simulator = await startSimulator();
const password = crypto.randomUUID();
const key = crypto.randomUUID();
const { settings } = loadConfig(
  {
    PORT: "0",
    DATA_DIR: folder,
    UPSTREAM_URL: simulator.zaiUrl,
    ZAI_TOKEN: `picture.${crypto.randomUUID()}`,
    DEFAULT_KEY: key,
    ADMIN_PASSWORD: password,
  },
  null,
);
const log = createLog("error", "pretty", (line) => process.stderr.write(line), Date.now);
const zgate = await startZgate(settings, log, false);
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
try {
  await askAFew();
  for (const picture of pictures) await take(picture);
} finally {
  await browser.close();
  await zgate.close(0);
  simulator.stop();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);

/** So that the upstream has something to show. */
async function askAFew(): Promise<void> {
  const headers = { "content-type": "application/json", authorization: `Bearer ${key}` };
  for (const model of ["glm-4.7", "glm-4.7", "glm-4.6", "glm-4.5-air"]) {
    const body = JSON.stringify({ model, messages: [{ role: "user", content: world.questions.sum }] });
    await (await fetch(`${zgate.url}/v1/chat/completions`, { method: "POST", headers, body })).text();
  }
}

async function take({ file, path, isWhole, look }: Picture): Promise<void> {
  const context = await browser.newContext({
    viewport: { width: 1360, height: 900 },
    locale: "en-GB",
    timezoneId: "Europe/Paris",
    ...look,
  });
  const page = await context.newPage();
  await page.goto(`${zgate.url}/dashboard/sign-in`);
  await page.fill("#password", password);
  await page.click("button.main");
  await page.waitForURL(`${zgate.url}/dashboard`);
  const list = /^first of (.*)/.exec(path)?.[1];
  await page.goto(zgate.url + (list ?? path));
  if (list !== undefined) await page.click("#rows tr:first-child a");
  await page.waitForLoadState("load");
  await page.evaluate(() => document.fonts.ready.then(() => {}));
  await page.screenshot({ path: join(out, `${file}.png`), fullPage: isWhole === true });
  await context.close();
  console.log(join(out, `${file}.png`));
}
