import { Html } from "@elysiajs/html";
import type { Alert } from "~/alerts/alerts.ts";
import { fieldValue } from "~/ui/days.ts";
import { ago } from "~/ui/times.tsx";
import type { View } from "../view.ts";

/** What is wrong now, at the top of every page. The names in it are their owners' words. */
export function Banner({ view }: { view: View }) {
  const { say, alerts, language, now } = view;
  if (alerts.length === 0) return "";
  return (
    <section class="banner" aria-label={say("Alerts", "告警")} hx-ignore>
      <ul>
        {alerts.slice(0, most).map((alert) => (
          <li>
            <a href={placeOf(alert, view)} safe>
              {alert.text[language]}
            </a>{" "}
            <span class="soft" safe>
              {ago(alert.since, now, language)}
            </span>
          </li>
        ))}
        {alerts.length > most ? (
          <li>
            <a href="/dashboard/alerts" safe>
              {`${say("All", "全部")} ${alerts.length} →`}
            </a>
          </li>
        ) : null}
      </ul>
    </section>
  );
}

const most = 3;

/** The page that shows what an alert is, or was, about. */
export function placeOf({ rule, filters, since, endedAt }: Alert, { zone }: View): string {
  if (rule === "upstream_down") return "/dashboard/upstreams";
  if (rule === "disk_free_share" || rule === "memory_mb") return "/dashboard/system";
  if (rule === "budget_share" && filters.key !== undefined) return `/dashboard/keys/${filters.key}`;
  const range: Record<string, string> =
    endedAt === null
      ? { range: "1h" }
      : { from: fieldValue(since - lookedAtMs, zone), to: fieldValue(endedAt + 60_000, zone) };
  const query = new URLSearchParams({ ...range, ...filters });
  return `${filters.outcome === undefined ? "/dashboard" : "/dashboard/requests"}?${query}`;
}

/** An alert is about what came before it. */
const lookedAtMs = 3_600_000;
