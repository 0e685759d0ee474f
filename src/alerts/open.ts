import { statfs } from "node:fs/promises";
import type { Reader } from "~/analytics/reader.ts";
import type { Clock } from "~/clock.ts";
import type { Settings } from "~/config.ts";
import type { Writer } from "~/db/writer.ts";
import type { Call } from "~/gateway/call.ts";
import type { Limits } from "~/gateway/limits.ts";
import type { Keys } from "~/keys/keys.ts";
import { settingStatement } from "~/keys/settings.ts";
import { audit, type Who } from "~/keys/statements.ts";
import { type Alert, type Alerts, createAlerts } from "./alerts.ts";
import type { AlertFacts } from "./evaluate.ts";
import type { Send } from "./hook.ts";
import { type Rules, readRules, usualRules } from "./rules.ts";

export interface AlertRoom {
  alerts: Alerts;
  /** What the API shows. */
  show(): { active: readonly Alert[]; rules: Rules; webhook: boolean };
  /** Changes rules for good. */
  set(body: unknown, who: Who): Promise<Rules>;
}

export interface AlertHouse {
  settings: Settings;
  reader: Reader;
  writer: Writer;
  clock: Clock;
  call: Call;
  keys: Keys;
  limits: Limits;
  upstreams(): AlertFacts["upstreams"];
  log: { warn(text: string): void };
}

/** The alerts of a whole gateway. Looks only where somebody can hear it: a page's banner, or the webhook. */
export async function openAlerts(house: AlertHouse): Promise<AlertRoom> {
  const { settings, writer, clock, log } = house;
  const { alertWebhookUrl: url, alertWebhookSecret: secret, dashboardEnabled } = settings;
  const rules = await remembered(writer);
  const facts = (windowMs: number) => factsOf(house, windowMs);
  const alerts = createAlerts({
    clock,
    facts,
    rules,
    send: url === null ? null : sendTo(url, house.call),
    secret,
    log,
  });
  if (dashboardEnabled || url !== null) alerts.start();
  return {
    alerts,
    show: () => ({ active: alerts.active(), rules: alerts.rules(), webhook: url !== null }),
    async set(body, who) {
      const before = alerts.rules();
      const after = readRules(body, before);
      const change = { action: "alerts.set", subject: "alerts", before: { ...before }, after: { ...after } };
      await writer.write([settingStatement(name, after, clock.now()), audit(who, clock.now(), change)]);
      alerts.setRules(after);
      return after;
    },
  };
}

/** The setting that remembers the rules. */
const name = "alerts";

async function remembered(writer: Writer): Promise<Rules> {
  const [rows] = await writer.write([{ sql: "select value from settings where name = ?", params: [name] }]);
  const text = rows?.[0]?.[0];
  return typeof text === "string" ? { ...usualRules, ...(JSON.parse(text) as Partial<Rules>) } : usualRules;
}

async function factsOf(
  { settings, reader, keys, limits, upstreams }: AlertHouse,
  windowMs: number,
): Promise<AlertFacts> {
  const [traffic, disk] = await Promise.all([
    reader.ask("alertTraffic", { windowMs }),
    statfs(settings.dataDir).catch(() => null),
  ]);
  return {
    ...traffic,
    upstreams: upstreams(),
    budgets: keys.list().flatMap((key) => {
      const use = limits.use(key.id);
      const budgets = [
        ["tokens a day", use.day.tokens, key.limits.tokens_per_day],
        ["tokens a week", use.week.tokens, key.limits.tokens_per_week],
        ["tokens a month", use.month.tokens, key.limits.tokens_per_month],
        ["dollars a day", use.day.nanoUsd / 1e9, key.limits.usd_per_day],
        ["dollars a week", use.week.nanoUsd / 1e9, key.limits.usd_per_week],
        ["dollars a month", use.month.nanoUsd / 1e9, key.limits.usd_per_month],
      ] as const;
      return budgets.flatMap(([budget, used, most]) => (most ? [{ key: key.name, budget, share: used / most }] : []));
    }),
    disk: disk && { freeBytes: disk.bavail * disk.bsize, allBytes: disk.blocks * disk.bsize },
    memoryBytes: process.memoryUsage.rss(),
  };
}

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
