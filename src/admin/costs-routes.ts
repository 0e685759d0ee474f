import type { AnyElysia } from "elysia";
import type { Costs } from "~/costs.ts";
import { ref, text } from "~/docs/schema.ts";
import { type CommandRoutes, createCommandRoutes, type Route } from "./command-routes.ts";

const routes: Route<"costs.show" | "costs.recompute">[] = [
  {
    method: "GET",
    path: "/costs",
    command: "costs.show",
    answer: ref("Costs"),
    summary: "Whether costs are being computed again, and how far that is",
  },
  {
    method: "POST",
    path: "/costs/recompute",
    command: "costs.recompute",
    answer: ref("Costs"),
    summary: "Compute the costs of requests on record by today's prices, in the background",
    body: {
      type: "object",
      properties: {
        from: text("The first UTC day, 2026-11-22", { format: "date" }),
        to: text("The last one", { format: "date" }),
      },
    },
  },
];

/** Costs in the admin API. */
export function createCostsRoutes(parts: CommandRoutes & { costs: Costs }): AnyElysia {
  const { costs } = parts;
  return createCommandRoutes("costs-api", routes, parts, (command, args, who) =>
    command === "costs.show" ? costs.state() : costs.recompute(args.body, who),
  );
}
