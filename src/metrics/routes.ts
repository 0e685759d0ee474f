import { type AnyElysia, Elysia } from "elysia";
import { failure } from "~/apis/openai-chat/failure.ts";
import { refusals } from "~/docs/refusals.ts";
import { text } from "~/docs/schema.ts";
import { GatewayError, toGatewayError } from "~/errors.ts";
import { tokenIfShown } from "~/keys/extract.ts";
import type { Owned } from "~/keys/owner.ts";
import { hasRight } from "~/keys/rights.ts";
import { requireRight } from "~/keys/verify.ts";
import { jsonHeaders } from "~/wire/headers.ts";
import { type HouseState, houseFamilies } from "./house.ts";
import { contentType, type Family, writeMetrics } from "./text.ts";
import type { Traffic } from "./traffic.ts";

interface Parts {
  owned: Pick<Owned, "keys" | "admin" | "gate">;
  addressOf(request: Request, peer: string): string;
  traffic: Traffic;
  state(): HouseState;
  /** What other rooms have to tell. */
  more?: () => readonly Family[];
}

/** `GET /metrics`: for Prometheus, and for nobody without the right to it. */
export function createMetricsRoute({ owned, addressOf, traffic, state, more = () => [] }: Parts): AnyElysia {
  return new Elysia({ name: "metrics" }).get(
    "/metrics",
    ({ request, server }) => {
      try {
        requireMetrics(owned, request, addressOf(request, server?.requestIP(request)?.address ?? ""));
      } catch (thrown) {
        return refusal(toGatewayError(thrown));
      }
      const text = writeMetrics([...traffic.families(), ...houseFamilies(state()), ...more()]);
      return new Response(text, { headers: { "content-type": contentType, "cache-control": "no-store" } });
    },
    {
      parse: "none",
      detail: {
        tags: ["Watching"],
        summary: "Metrics in Prometheus' format",
        description: "For a key with the right `metrics` or `admin`, or who is signed in.",
        operationId: "metrics",
        responses: {
          200: { description: "Prometheus text format", content: { "text/plain": { schema: text() } } },
          ...refusals([401, 403]),
        },
      },
    },
  );
}

function requireMetrics({ keys, admin, gate }: Parts["owned"], { headers }: Request, address: string): void {
  gate.refuseBlocked(address);
  if (tokenIfShown(headers) !== null) {
    const verified = keys.verify(headers, address);
    if (!hasRight(verified.key.rights, "admin")) requireRight(verified, "metrics");
    return;
  }
  if (admin.session(headers) !== null) return;
  throw new GatewayError("missing_key", "Send a key with the right metrics: Authorization: Bearer YOUR_KEY", {
    headers: { "WWW-Authenticate": 'Bearer realm="zgate"' },
  });
}

function refusal(error: GatewayError): Response {
  return new Response(failure.body(error), {
    status: error.status,
    headers: { ...error.answerHeaders, ...jsonHeaders },
  });
}
