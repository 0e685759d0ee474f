import type { Clock } from "~/clock.ts";
import type { Settings } from "~/config.ts";
import { corsHeaders } from "~/wire/cors.ts";
import type { Exchange } from "./exchange.ts";

/** The headers that zgate itself gives an answer, errors included: what became of the request, and who may read it. */
export function ownHeaders(
  { request, api, record, verified, reservation, calledTick, stoodIn }: Exchange,
  settings: Pick<Settings, "requestTracing" | "performanceMonitoring" | "corsOrigins">,
  clock: Clock,
): Record<string, string> {
  const { arrival, facts } = record;
  const headers: Record<string, string> = { ...reservation?.headers };
  if (calledTick > 0 || facts.queuedMs > 0) headers["x-zgate-queue-ms"] = String(Math.round(facts.queuedMs));
  if (stoodIn) headers["x-zgate-model"] = facts.modelServed;
  if (settings.requestTracing) {
    headers["x-request-id"] = record.requestId;
    // Anthropic's clients look for the same under their own name.
    if (api.name === "messages" || api.name === "count_tokens") headers["request-id"] = record.requestId;
  }
  if (settings.performanceMonitoring) {
    const total = clock.tick() - arrival.acceptedTick;
    const upstream = facts.upstreamMs || (calledTick > 0 ? clock.tick() - calledTick : 0);
    headers["openai-processing-ms"] = total.toFixed(0);
    headers["x-zgate-overhead-ms"] = Math.max(0, total - upstream - facts.queuedMs).toFixed(3);
  }
  if (verified?.retiringUntil) headers["x-key-expires-at"] = new Date(verified.retiringUntil).toISOString();
  return { ...headers, ...corsHeaders(request.headers.get("origin"), settings.corsOrigins) };
}
