import type { Clock } from "~/clock.ts";
import { type AlertFacts, evaluate, type Finding } from "./evaluate.ts";
import { deliver, type Send, signed } from "./hook.ts";
import { type Rules, usualRules } from "./rules.ts";

/** A finding from its beginning to its end. */
export interface Alert extends Finding {
  /** Milliseconds since 1970. */
  since: number;
  /** Null while it holds. */
  endedAt: number | null;
  /** What the webhook took last; null before it took the beginning. */
  told: "started" | "ended" | null;
}

export interface Alerts {
  /** What is wrong now, for the banner; the oldest first. */
  active(): readonly Alert[];
  /** What was wrong and is over, the newest first. */
  ended(): readonly Alert[];
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
  /** What an earlier process left. */
  left?: { active: readonly Alert[]; ended: readonly Alert[] };
  /** Writes down how alerts stand. */
  save(changed: readonly Alert[], now: number): Promise<unknown>;
  /** Null: nobody is told, only the banner shows it. */
  send: Send | null;
  secret: string | null;
  log: { warn(text: string): void };
  pausesMs?: number[];
}

/**
 * Looks at the facts every so often. An alert begins at once and ends when it did not hold twice in a row. Memory comes
 * before the database here: that the disk is full has to be said while nothing can be written.
 */
export function createAlerts(parts: AlertParts): Alerts {
  const { clock, log } = parts;
  let rules = parts.rules ?? usualRules;
  const active = new Map(parts.left?.active.map((alert) => [alert.id, alert]));
  let ended: readonly Alert[] = parts.left?.ended ?? [];
  const misses = new Map<string, number>();
  const unsaved = new Set<Alert>();
  const telling = new Set<Alert>();
  let timer: Timer | null = null;

  function begin(found: readonly Finding[], now: number): Alert[] {
    const begun: Alert[] = [];
    for (const finding of found) {
      const known = active.get(finding.id);
      misses.delete(finding.id);
      if (known) {
        Object.assign(known, finding);
        continue;
      }
      const alert: Alert = { ...finding, since: now, endedAt: null, told: null };
      active.set(alert.id, alert);
      begun.push(alert);
      log.warn(`alert: ${alert.text.en}`);
    }
    return begun;
  }

  function end(found: readonly Finding[], now: number): Alert[] {
    const over: Alert[] = [];
    for (const alert of active.values()) {
      if (found.some(({ id }) => id === alert.id)) continue;
      const missed = (misses.get(alert.id) ?? 0) + 1;
      misses.set(alert.id, missed);
      if (missed < 2) continue;
      misses.delete(alert.id);
      active.delete(alert.id);
      over.push(Object.assign(alert, { endedAt: now }));
    }
    return over;
  }

  async function save(...changed: Alert[]): Promise<void> {
    for (const alert of changed) unsaved.add(alert);
    const all = [...unsaved];
    unsaved.clear();
    // What could not be written is written with the next change, or after the next look.
    await (all.length === 0 ? null : parts.save(all, clock.now()).catch(() => all.map((alert) => unsaved.add(alert))));
  }

  /** Its beginning, then its end; what is not taken is told again after the next look. */
  async function tell(alert: Alert): Promise<void> {
    if (telling.has(alert)) return;
    telling.add(alert);
    for (let due = dueOf(alert); due !== null; due = dueOf(alert)) {
      const body = message(due, alert, clock.now());
      const isTaken = parts.send === null || (await post(body));
      if (!isTaken) {
        log.warn(`the alert webhook did not take '${alert.id}'`);
        break;
      }
      alert.told = due;
      await save(alert);
    }
    telling.delete(alert);
  }

  async function post(body: string, pausesMs = parts.pausesMs): Promise<boolean> {
    return parts.send !== null && deliver(parts.send, signed(body, parts.secret, clock.now()), body, pausesMs);
  }

  const alerts: Alerts = {
    active: () => [...active.values()],
    ended: () => ended,
    rules: () => rules,
    setRules(next) {
      rules = next;
      // What other rules do not find need not be looked for a second time.
      for (const id of active.keys()) misses.set(id, 1);
    },
    async check() {
      const found = evaluate(await parts.facts(rules.window_minutes * 60_000), rules);
      const now = clock.now();
      const begun = begin(found, now);
      const over = end(found, now);
      ended = [...over, ...ended].slice(0, shownEnded);
      await save(...begun, ...over);
      for (const alert of [...active.values(), ...ended]) void tell(alert);
    },
    test: () => post(message("test", null, clock.now()), []),
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

/** How many alerts that ended are shown. */
export const shownEnded = 50;

/** What the webhook has to hear next of an alert. */
function dueOf({ told, endedAt }: Alert): "started" | "ended" | null {
  if (told === null) return "started";
  return told === "started" && endedAt !== null ? "ended" : null;
}

function message(event: "started" | "ended" | "test", of: Alert | null, now: number): string {
  const alert = of && {
    ...{ id: of.id, rule: of.rule, subject: of.subject, value: of.value, limit: of.limit, text: of.text.en },
    ...{ since: isoOf(of.since), ended: event === "ended" ? isoOf(of.endedAt) : null },
  };
  return JSON.stringify({ event: `alert.${event}`, at: isoOf(now), alert });
}

function isoOf(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
