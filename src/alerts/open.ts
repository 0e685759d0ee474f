import { statfs } from "node:fs/promises";
import type { AlertTraffic } from "~/analytics/alert-facts.ts";
import type { Reader } from "~/analytics/reader.ts";
import type { Clock } from "~/clock.ts";
import type { Text } from "~/config/text.ts";
import type { Settings } from "~/config.ts";
import type { Connection } from "~/db/open.ts";
import type { Writer } from "~/db/writer.ts";
import { GatewayError } from "~/errors.ts";
import type { Call } from "~/gateway/call.ts";
import type { Limits } from "~/gateway/limits.ts";
import type { Keys } from "~/keys/keys.ts";
import { loadSettings } from "~/keys/load.ts";
import { settingStatement } from "~/keys/settings.ts";
import { audit, type Who } from "~/keys/statements.ts";
import { type Alert, type AlertParts, type Alerts, createAlerts } from "./alerts.ts";
import type { AlertFacts } from "./evaluate.ts";
import type { Send } from "./hook.ts";
import { createAlertKeeper, loadAlerts } from "./memory.ts";
import { type Rules, readRules, usualRules } from "./rules.ts";

export interface AlertRoom {
  alerts: Alerts;
  /** What the API shows. */
  show(): { active: readonly Alert[]; ended: readonly Alert[]; rules: Rules; webhook: boolean };
  /** Changes rules for good, and looks at once. */
  set(body: unknown, who: Who): Promise<Rules>;
  /** Tries the webhook; says whether it answered with a 2xx. */
  test(): Promise<{ delivered: boolean }>;
}

export interface AlertHouse {
  settings: Settings;
  reader: Reader;
  store: { openReader(): Connection; writer: Writer; recorder: { newestAt(): number } };
  clock: Clock;
  call: Call;
  keys: Keys;
  limits: Limits;
  upstreams(): AlertFacts["upstreams"];
  log: { warn(text: string): void };
}

/** The alerts of a whole gateway. Looks only where somebody can hear it: a page's banner, or the webhook. */
export function openAlerts(house: AlertHouse): AlertRoom {
  const { settings, store, clock, log } = house;
  const { alertWebhookUrl: url, alertWebhookSecret: secret, dashboardEnabled } = settings;
  const facts = (windowMs: number) => factsOf(house, windowMs);
  const send = url === null ? null : sendTo(url, house.call);
  const { writer } = store;
  const save = createAlertKeeper(writer);
  const isLooking = dashboardEnabled || url !== null;
  const { rules, left } = remembered(store);
  // Where nobody looks, nobody would see the end of what is left either.
  const known = isLooking ? left : { ...left, active: [] };
  const alerts = createAlerts({ rules, left: known, clock, facts, save, send, secret, log });
  if (isLooking) alerts.start();
  return {
    alerts,
    show: () => ({ active: alerts.active(), ended: alerts.ended(), rules: alerts.rules(), webhook: url !== null }),
    async set(body, who) {
      const before = alerts.rules();
      const after = readRules(body, before);
      const change = { action: "alerts.set", subject: "alerts", before: { ...before }, after: { ...after } };
      await writer.write([settingStatement(name, after, clock.now()), audit(who, clock.now(), change)]);
      alerts.setRules(after);
      await alerts.check();
      return after;
    },
    async test() {
      if (url === null) {
        throw new GatewayError("conflict", "There is no webhook: set ALERT_WEBHOOK_URL.", {
          zh: "没有 Webhook：请设置 ALERT_WEBHOOK_URL。",
        });
      }
      return { delivered: await alerts.test() };
    },
  };
}

/** The setting that remembers the rules. */
const name = "alerts";

function remembered({ openReader }: AlertHouse["store"]): Required<Pick<AlertParts, "rules" | "left">> {
  const { db, close } = openReader();
  const changed = loadSettings(db).get(name) as Partial<Rules> | undefined;
  const left = loadAlerts(db);
  close();
  return { rules: { ...usualRules, ...changed }, left };
}

async function factsOf(
  { settings, reader, store, clock, keys, limits, upstreams }: AlertHouse,
  windowMs: number,
): Promise<AlertFacts> {
  // Nobody asked in all the time that is looked at: the answer is known, and the reader's thread may rest.
  const isQuiet = clock.now() - store.recorder.newestAt() > Math.max(windowMs, hourMs);
  const [traffic, disk] = await Promise.all([
    isQuiet ? noTraffic : reader.ask("alertTraffic", { windowMs }),
    statfs(settings.dataDir).catch(() => null),
  ]);
  return {
    ...traffic,
    upstreams: upstreams(),
    budgets: keys.list().flatMap((key) => {
      const use = limits.use(key.id);
      const budgets: [budget: Text, used: number, most: number | null | undefined][] = [
        [{ en: "tokens a day", zh: "每日 token " }, use.day.tokens, key.limits.tokens_per_day],
        [{ en: "tokens a week", zh: "每周 token " }, use.week.tokens, key.limits.tokens_per_week],
        [{ en: "tokens a month", zh: "每月 token " }, use.month.tokens, key.limits.tokens_per_month],
        [{ en: "dollars a day", zh: "每日美元" }, use.day.nanoUsd / 1e9, key.limits.usd_per_day],
        [{ en: "dollars a week", zh: "每周美元" }, use.week.nanoUsd / 1e9, key.limits.usd_per_week],
        [{ en: "dollars a month", zh: "每月美元" }, use.month.nanoUsd / 1e9, key.limits.usd_per_month],
      ];
      return budgets.flatMap(([budget, used, most]) => (most ? [{ key, budget, share: used / most }] : []));
    }),
    disk: disk && { freeBytes: disk.bavail * disk.bsize, allBytes: disk.blocks * disk.bsize },
    memoryBytes: process.memoryUsage.rss(),
  };
}

const noTraffic: AlertTraffic = { served: 0, errorRate: null, p95Ms: null, keys: [], refusals: [] };
const hourMs = 3_600_000;

function sendTo(url: string, call: Call): Send {
  return async (headers, body) => {
    const patience = { headersMs: 10_000, idleMs: 10_000, totalMs: 15_000 };
    const outgoing = { method: "POST" as const, url, headers, body };
    const answer = await call(outgoing, "alert webhook", patience, AbortSignal.timeout(20_000));
    for await (const _ of answer.body) {
      // Read to its end, so that the connection can be used again.
    }
    return answer.status;
  };
}
