import type { Fleet } from "~/gateway/fleet.ts";
import type { Family } from "./text.ts";

/** How each account of each upstream is, model by model. */
export function upstreamFamilies(fleet: Pick<Fleet, "accounts" | "places">, tick: () => number): Family[] {
  const now = tick();
  const slots = fleet.accounts().flatMap((account) =>
    [...account.state.slots.values()].map((slot) => {
      const labels = { upstream: account.upstream.name, credential: account.name, model: slot.model };
      const restsMs = Math.max(account.state.rest.untilTick, slot.rest.untilTick, now + slot.breaker.restMs(now)) - now;
      return { labels, slot, restsMs };
    }),
  );
  const gauge = (name: string, help: string, of: (one: (typeof slots)[number]) => number): Family => ({
    name,
    help,
    type: "gauge",
    samples: slots.map((one) => ({ labels: one.labels, value: of(one) })),
  });
  return [
    gauge("zgate_upstream_in_flight", "Requests that an account is answering, by model.", ({ slot }) => slot.inFlight),
    gauge(
      "zgate_upstream_waiting",
      "Requests in line that would take a place at an account, by model; one may count at several.",
      ({ slot }) => fleet.places.waitingFor(slot),
    ),
    gauge(
      "zgate_upstream_rest_seconds",
      "How much longer an account is left alone for a model; 0: it is asked.",
      ({ restsMs }) => restsMs / 1000,
    ),
    gauge(
      "zgate_upstream_circuit",
      "Whether an account failed too often with a model: 0 closed, 0.5 one request probes it, 1 open.",
      ({ slot }) => ({ closed: 0, "half-open": 0.5, open: 1 })[slot.breaker.state],
    ),
  ];
}
