import type { AnyElysia } from "elysia";
import type { AlertRoom } from "~/alerts/open.ts";
import { flag, object, ref } from "~/docs/schema.ts";
import { type CommandRoutes, createCommandRoutes, type Route } from "./command-routes.ts";

const bound = (description: string) => ({ type: ["number", "null"], description });

const routes: Route<"alerts.show" | "alerts.set" | "alerts.test">[] = [
  {
    method: "GET",
    path: "/alerts",
    command: "alerts.show",
    answer: ref("Alerts"),
    summary: "What is wrong now, and the rules that say so",
  },
  {
    method: "PATCH",
    path: "/alerts",
    command: "alerts.set",
    answer: ref("AlertRules"),
    summary: "Change rules; null switches one off",
    body: {
      type: "object",
      properties: {
        window_minutes: { type: "number", minimum: 5, maximum: 1440 },
        error_rate: bound("Share of requests that fail, 0 to 1"),
        error_rate_at_least: { type: "number", description: "Requests below which no rate is judged" },
        p95_ms: bound("Milliseconds that 95 % of requests stay below"),
        budget_share: bound("Share of a key's budget, 0 to 1"),
        upstream_down: { type: "boolean" },
        key_requests_per_hour: bound("Requests of one key"),
        key_times_usual: bound("A key's last hour against its mean one of the last week"),
        refusals_per_address: bound("Refused requests from one address within the window"),
        disk_free_share: bound("Share of the disk that stays free, 0 to 1"),
        memory_mb: bound("Memory of the process"),
      },
    },
  },
  {
    method: "POST",
    path: "/alerts/test",
    command: "alerts.test",
    answer: object({ delivered: flag("Whether it answered with a 2xx") }),
    summary: "Send the webhook a message that is no alert",
  },
];

/** Alerts in the admin API. */
export function createAlertsRoutes(parts: CommandRoutes & { room: AlertRoom }): AnyElysia {
  const { room } = parts;
  return createCommandRoutes("alerts-api", routes, parts, (command, args, who) => {
    if (command === "alerts.set") return room.set(args.body, who);
    return command === "alerts.test" ? room.test() : room.show();
  });
}
