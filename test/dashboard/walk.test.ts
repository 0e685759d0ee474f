import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import axe from "axe-core";
import type { Browser } from "playwright-core";
import { type App, startApp } from "../helpers/app.ts";
import { world } from "../helpers/world.ts";
import { enter, openBrowser, openPage, overflow, type Watched, whyNoBrowser } from "./browser.ts";

// A browser has its own patience, which says what it waited for; this one would only end it.
setDefaultTimeout(60_000);

const markup = "<img src=x onerror=alert(1)>";
const places = ["", "/requests", "/by/client", "/keys", "/keys/1", "/alerts", "/audit", "/prices", "/system"];

if (whyNoBrowser !== null) console.log(`left out: ${whyNoBrowser}`);

describe.skipIf(whyNoBrowser !== null)("a real browser", () => {
  let app: App;
  let browser: Browser;
  let owner: Watched;

  beforeAll(async () => {
    app = await startApp();
    browser = await openBrowser();
    await app.ask(world.questions.sum, {}, { headers: { "user-agent": world.userAgents.openai } });
    await app.ask(world.questions.sum, { model: markup }, { headers: { "user-agent": markup } });
    await app.settled(2);
    owner = await openPage(browser, app);
    await enter(owner, app);
  });
  afterAll(async () => {
    await browser.close();
    await app.stop();
  });

  test("signs in, and reads times in the zone of its own clock", async () => {
    await owner.page.reload();
    expect(await owner.page.textContent("footer")).toMatch(/Times in Asia\/(Kolkata|Calcutta)/);
  });

  test("has nothing on its pages that keeps out who listens, uses a keyboard or sees little contrast", async () => {
    const { page } = owner;
    const rules = axe.source;
    const found: string[] = [];
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      for (const path of ["/", "/docs", ...places.map((place) => `/dashboard${place}`)]) {
        await page.goto(`${app.url}${path}`);
        await page.evaluate(rules);
        const { violations } = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
        for (const { id, nodes } of violations) found.push(`${path}, ${colorScheme}: ${id} ${nodes[0]?.target}`);
      }
    }
    await page.emulateMedia({ colorScheme: null });
    expect(found).toEqual([]);
  });

  test("goes from a breakdown to a filter, from the filter to the list, and down to one request", async () => {
    const { page } = owner;
    await page.goto(`${app.url}/dashboard?range=1h`);
    await page.click(`.breakdown a:text-is("${world.models.usual}")`);
    expect(new URL(page.url()).searchParams.get("model")).toBe(world.models.usual);
    expect(await page.textContent(".stat .value-big")).toContain("1");

    await page.click('nav >> text="Requests"');
    expect(await page.locator("#rows tr").count()).toBe(1);
    await page.click(".chip a");
    await page.waitForURL((url) => !url.searchParams.has("model"));
    expect(await page.locator("#rows tr").count()).toBe(2);

    await page.click("#rows tr:first-child a");
    expect(await page.textContent("main")).toContain("model_not_found");
    expect(await page.textContent("main")).toContain(markup);
  });

  test("adds a filter by hand, and a range", async () => {
    const { page } = owner;
    await page.goto(`${app.url}/dashboard/requests?range=7d`);
    await page.click('summary:has-text("+ Filter")');
    await page.selectOption("select[name=only]", { label: "default" });
    await page.click('button:text-is("Add")');
    await page.waitForURL(/key=1/);
    await page.click('summary:has-text("+ Filter")');
    await page.selectOption("select[name=add]", "address");
    await page.fill("input[name=value]", "127.0.0.1");
    await page.click('button:text-is("Add this one")');
    await page.waitForURL(/address=127/);
    await page.click('summary:has-text("From – to")');
    await page.fill("input[name=from]", "2026-01-01T00:00");
    await page.click('button:text-is("Show")');
    await page.waitForURL(/from=2026-01-01/);
    expect(page.url()).toContain("key=1");
  });

  test("shows rows as they come, also those that came while the server was away, each once", async () => {
    const { page } = owner;
    const { port } = new URL(app.url);
    await page.goto(`${app.url}/dashboard/requests`);
    await page.waitForSelector("button.live:has-text('Live')");
    await app.ask(world.questions.poem);
    await page.waitForSelector("#rows tr.new");
    const before = await page.locator("#rows tr").count();

    await app.restart({ PORT: port });
    await app.ask(world.questions.tide);
    const expected = app.rows().length;
    await page.waitForFunction((count) => document.querySelectorAll("#rows tr").length === count, expected);
    expect(expected).toBe(before + 1);
    const ids = await page.locator("#rows tr").evaluateAll((rows) => rows.map((row) => Number(row.id.slice(1))));
    expect(ids).toEqual([...new Set(ids)].sort((one, other) => other - one));
  });

  test("looks at the page itself when the line stays silent", async () => {
    const cut = await openPage(browser, app);
    await enter(cut, app);
    await cut.page.route("**/dashboard/live*", (route) => route.abort());
    await cut.page.clock.install();
    await cut.page.goto(`${app.url}/dashboard/requests`);
    const before = await cut.page.locator("#rows tr").count();
    await app.ask(world.questions.sum);
    await app.settled(before + 1);
    await cut.page.clock.runFor(30_000);
    await cut.page.waitForFunction((count) => document.querySelectorAll("#rows tr").length === count, before + 1);
    expect(await cut.page.textContent("button.live")).toContain("Reconnecting");
  });

  test("stops when it is told to pause, and catches up", async () => {
    const { page } = owner;
    await page.goto(`${app.url}/dashboard/requests`);
    await page.waitForSelector("button.live:has-text('Live')");
    const before = await page.locator("#rows tr").count();
    await page.click("button.live");
    expect(await page.getAttribute("button.live", "aria-pressed")).toBe("true");
    await app.ask(world.questions.sum);
    await Bun.sleep(2_500);
    expect(await page.locator("#rows tr").count()).toBe(before);
    await page.click("button.live");
    await page.waitForFunction((count) => document.querySelectorAll("#rows tr").length === count, before + 1);
  });

  test("brings the overview's numbers up to date by itself", async () => {
    const { page } = owner;
    await page.goto(`${app.url}/dashboard?range=1h`);
    const before = Number(await page.getAttribute(".stat .value-big", "title"));
    await app.ask(world.questions.sum);
    await page.waitForFunction(
      (count) => document.querySelector(".stat .value-big")?.getAttribute("title") === String(count),
      before + 1,
    );
  });

  test("shows what a point of a chart means, to the pointer and as a table", async () => {
    const { page } = owner;
    await page.goto(`${app.url}/dashboard?range=1h`);
    const cell = page.locator(".chart:first-child .marks rect").last();
    await cell.hover();
    expect(await page.textContent(".tip")).toMatch(/completed: \d/);
    await page.locator(".chart summary").first().click();
    expect(await page.locator(".chart table").first().isVisible()).toBe(true);
  });

  test("makes a key and sees its secret once", async () => {
    const { page } = owner;
    await page.goto(`${app.url}/dashboard/keys`);
    await page.click("#new summary");
    await page.fill("#name", world.keys.harbour.name);
    await page.click("text=Make the key");
    const secret = await page.textContent(".lines code");
    const headers = { authorization: `Bearer ${secret}` };
    expect((await app.ask(world.questions.sum, {}, { headers })).status).toBe(200);
  });

  test("can be used with the keyboard alone", async () => {
    const { page } = owner;
    await page.goto(`${app.url}/dashboard`);
    await page.keyboard.press("Tab");
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Skip to the content");
    await page.focus("details.menu summary");
    await page.keyboard.press("Enter");
    expect(await page.locator("input[name=from]").isVisible()).toBe(true);
    await page.keyboard.press("Escape");
    expect(await page.locator("input[name=from]").isVisible()).toBe(false);
  });

  test("fits a phone, in the dark, in both languages", async () => {
    const phone = await openPage(browser, app, {
      viewport: { width: 390, height: 844 },
      colorScheme: "dark",
      locale: "zh-CN",
    });
    await enter(phone, app);
    for (const place of places) {
      await phone.page.goto(`${app.url}/dashboard${place}`);
      expect([place, await overflow(phone)]).toEqual([place, 0]);
      expect(await phone.page.getAttribute("html", "lang")).toBe("zh-CN");
    }
    const ground = await phone.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(ground).toBe("rgb(14, 17, 22)");
    await phone.page.click("text=English");
    expect(await phone.page.textContent("h1")).toBe("System");
    expect([phone.strangers, phone.complaints]).toEqual([[], []]);
  });

  test("shows the API's description with a viewer of our own", async () => {
    const { page } = owner;
    await page.goto(`${app.url}/swagger`);
    await page.waitForSelector("#viewer [data-path='/v1/chat/completions']");
  });

  test("reads without scripts", async () => {
    const plain = await openPage(browser, app, { javaScriptEnabled: false });
    await enter(plain, app);
    for (const place of places) {
      const response = await plain.page.goto(`${app.url}/dashboard${place}`);
      expect(response?.status()).toBe(200);
    }
    await plain.page.goto(`${app.url}/dashboard?range=1h`);
    await plain.page.click(`.breakdown a:text-is("${world.models.usual}")`);
    expect(await plain.page.textContent(".chip")).toContain(world.models.usual);
  });

  test("asked no other host, ran nobody else's script and had nothing to complain of", () => {
    expect(owner.strangers).toEqual([]);
    expect(owner.dialogs).toEqual([]);
    // While the server was away its line was cut: that is what the browser says of it.
    const complaints = owner.complaints.filter(
      (text) => !/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE|ERR_EMPTY|ERR_CONNECTION_RESET/.test(text),
    );
    expect(complaints).toEqual([]);
  });
});
