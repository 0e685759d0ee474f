import type { NetworkCheck } from "~/keys/networks.ts";

/**
 * Whose address counts: the peer's, unless it is a proxy that the owner trusts. Then the list in `X-Forwarded-For` is read
 * from the right, and the first hop that is not trusted is the client; what stands left of it anybody could have written.
 */
export function clientAddress(peer: string, forwardedFor: string | null, isTrusted: NetworkCheck): string {
  if (forwardedFor === null || !isTrusted(peer)) return peer;
  const hops = forwardedFor.split(",").map((hop) => hop.trim().replace(/^\[(.*)\](:\d+)?$|^([\d.]+):\d+$/, "$1$3"));
  for (const hop of hops.reverse()) {
    if (!/^[0-9a-fA-F.:]{2,45}$/.test(hop)) return peer;
    if (!isTrusted(hop)) return hop;
  }
  return peer;
}
