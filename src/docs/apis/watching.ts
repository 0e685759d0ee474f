import { flag, json, number, object, text, whole, word } from "../schema.ts";

export const health = {
  tags: ["Watching"],
  summary: "Is the process alive?",
  operationId: "health",
  security: [],
  responses: {
    200: {
      description: "It is.",
      content: json(object({ status: text("", { const: "ok" }), service: text("", { const: "zgate" }) })),
    },
  },
};

const checks = object(
  {
    status: word("ok", "not ready"),
    open: flag("It takes new requests: it is not stopping"),
    storage: flag("The disk takes rows"),
    upstreams: object({ state: word("ok", "degraded", "down"), queued: whole("Requests that wait for an account") }),
    starting: object({ stage: text("What it does to the database"), done: number(), of: number(), seconds: whole() }),
  },
  ["upstreams", "starting"],
);

export const ready = {
  tags: ["Watching"],
  summary: "Does it take requests?",
  operationId: "ready",
  security: [],
  responses: {
    200: {
      description: "It does. Upstreams that are down do not change that: see `upstreams`.",
      content: json(checks),
    },
    503: { description: "It does not; the body says why.", content: json(checks) },
  },
};
