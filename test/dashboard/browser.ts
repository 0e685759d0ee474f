import { existsSync } from "node:fs";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import type { App } from "../helpers/app.ts";

const executablePath = "/usr/bin/chromium";

/** Why the tests with a real browser are left out; null where there is one. */
export const whyNoBrowser = existsSync(executablePath) ? null : `there is no browser at ${executablePath}`;

export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-background-networking"] });
}

/** A page, and what went wrong on it: requests to other hosts, and what the browser refused or complained of. */
export interface Watched {
  page: Page;
  strangers: string[];
  complaints: string[];
  /** Whether a script of somebody else's ran. */
  dialogs: string[];
}

export async function openPage(browser: Browser, app: App, options: BrowserContextOptions = {}): Promise<Watched> {
  const context = await browser.newContext({ locale: "en-GB", timezoneId: "Asia/Kolkata", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const watched: Watched = { page, strangers: [], complaints: [], dialogs: [] };
  page.on("request", (request) => {
    const { protocol, host } = new URL(request.url());
    if (protocol !== "data:" && host !== new URL(app.url).host) watched.strangers.push(request.url());
  });
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") watched.complaints.push(message.text());
  });
  page.on("pageerror", (error) => watched.complaints.push(error.message));
  page.on("dialog", async (dialog) => {
    watched.dialogs.push(dialog.message());
    await dialog.dismiss();
  });
  return watched;
}

export async function enter({ page }: Watched, app: App): Promise<void> {
  await page.goto(`${app.url}/dashboard`);
  await page.fill("#password", app.password);
  await page.click("button.main");
  await page.waitForURL(`${app.url}/dashboard`);
}

/** How far a page is wider than its window, in pixels. */
export function overflow({ page }: Watched): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
