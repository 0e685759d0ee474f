import type { Clock } from "~/clock.ts";
import { type AlertFacts, evaluate, type Finding } from "./evaluate.ts";
import { deliver, type Send, signed } from "./hook.ts";
import { type Rules, usualRules } from "./rules.ts";

export interface Alert extends Finding {
  /** Milliseconds since 1970. */
  since: number;
}

export interface Alerts {
  /** What is wrong now, for the banner; the oldest first. */
  active(): readonly Alert[];
  rules(): Rules;
  setRules(rules: Rules): void;
  /** Looks once. */
  check(): Promise<void>;
  /** Sends the webhook a message that is none; says whether it was taken. False as well where there is no webhook. */
  test(): Promise<boolean>;
  /** Looks every minute from now on. */
  start(): void;
  stop(): void;
}

export interface AlertParts {
  clock: Clock;
  /** Asks for everything that rules look at. */
  facts(windowMs: number): Promise<AlertFacts>;
  rules?: Rules;
  /** Null: nobody is told, only the banner shows it. */
  send: Send | null;
  secret: string | null;
  log: { warn(text: string): void };
  pausesMs?: number[];
}

/** Looks at the facts every so often. An alert begins at once and ends when it did not hold twice in a row. */
export function createAlerts(parts: AlertParts): Alerts {
  const { clock, log } = parts;
  let rules = parts.rules ?? usualRules;
  const active = new Map<string, Alert & { misses: number }>();
  let timer: Timer | null = null;

  function tell(event: "alert.started" | "alert.ended", alert: Alert): void {
    if (event === "alert.started") log.warn(`alert: ${alert.text.en}`);
    if (parts.send === null) return;
    const now = clock.now();
    const { id, rule, subject, value, limit, text, since } = alert;
    const told = { id, rule, subject, value, limit, text: text.en, since: new Date(since).toISOString() };
    const body = JSON.stringify({ event, at: new Date(now).toISOString(), alert: told });
    void deliver(parts.send, signed(body, parts.secret, now), body, parts.pausesMs).then((isTold) => {
      if (!isTold) log.warn(`the alert webhook did not take '${id}'`);
    });
  }

  const alerts: Alerts = {
    active: () => [...active.values()].map(({ misses: _, ...alert }) => alert),
    rules: () => rules,
    setRules(next) {
      rules = next;
      // What other rules do not find need not be looked for a second time.
      for (const alert of active.values()) alert.misses = 1;
    },
    async check() {
      const found = evaluate(await parts.facts(rules.window_minutes * 60_000), rules);
      for (const finding of found) {
        const known = active.get(finding.id);
        const alert = { ...finding, since: known?.since ?? clock.now(), misses: 0 };
        active.set(finding.id, alert);
        if (known === undefined) tell("alert.started", alert);
      }
      for (const alert of active.values()) {
        if (found.some(({ id }) => id === alert.id)) continue;
        alert.misses++;
        if (alert.misses < 2) continue;
        active.delete(alert.id);
        tell("alert.ended", alert);
      }
    },
    async test() {
      if (parts.send === null) return false;
      const now = clock.now();
      const body = JSON.stringify({ event: "alert.test", at: new Date(now).toISOString(), alert: null });
      return deliver(parts.send, signed(body, parts.secret, now), body, []);
    },
    start() {
      timer = setInterval(() => {
        alerts.check().catch((error: Error) => log.warn(`alerts could not be checked: ${error.message}`));
      }, 60_000);
      timer.unref();
    },
    stop() {
      if (timer !== null) clearInterval(timer);
    },
  };
  return alerts;
}
