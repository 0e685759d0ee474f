import type { Fleet } from "~/gateway/fleet.ts";
import type { Family } from "./text.ts";

/** How each account of each upstream is, model by model. */
export function upstreamFamilies(fleet: Pick<Fleet, "accounts">, tick: () => number): Family[] {
  const now = tick();
  const slots = fleet.accounts().flatMap((account) =>
    [...account.state.slots.values()].map((slot) => {
      const labels = { upstream: account.upstream.name, credential: account.name, model: slot.model };
      const restsMs = Math.max(account.state.rest.untilTick, slot.rest.untilTick, now + slot.breaker.restMs(now)) - now;
      return { labels, slot, restsMs };
    }),
  );
  return [
    {
      name: "zgate_upstream_in_flight",
      help: "Requests that an account is answering, by model.",
      type: "gauge",
      samples: slots.map(({ labels, slot }) => ({ labels, value: slot.inFlight })),
    },
    {
      name: "zgate_upstream_rest_seconds",
      help: "How much longer an account is left alone for a model; 0: it is asked.",
      type: "gauge",
      samples: slots.map(({ labels, restsMs }) => ({ labels, value: restsMs / 1000 })),
    },
  ];
}
