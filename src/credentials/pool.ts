import type { Clock } from "~/clock.ts";
import { GatewayError } from "~/errors.ts";
import { type Left, neverLeft } from "~/left.ts";
import type { Target } from "~/upstreams/upstream.ts";
import type { Shown } from "./upstreams.ts";

/** What we show an upstream for one request. */
export interface Credential {
  target: Target;
  /** As rows name it: `ZAI_TOKEN`, `guest`. */
  name: string;
}

export interface Pool {
  /** At once, but for a guest's. Throws or rejects with what a refusal to have one means. */
  take(left: Left): Credential | Promise<Credential>;
  /** The upstream refused this one. Says whether `take` would now give another that is worth one more try. */
  refuse(credential: Credential): boolean;
}

interface Means {
  upstream: string;
  url: string;
  /** Configured tokens, always before any guest; the next one helps out where one is refused. */
  tokens: readonly Shown[];
  /** Asks the upstream for a guest token; null where there are no guests or the owner wants none. */
  fetchGuest: ((target: Target, left: Left) => Promise<string>) | null;
  /** How long a guest token is used again; 0 is one a request. Milliseconds. */
  guestTtlMs: number;
}

export function createPool({ upstream, url, tokens, fetchGuest, guestTtlMs }: Means, clock: Clock): Pool {
  const refused = new Set<string>();
  let guest: { token: string; until: number } | null = null;
  let fetching: Promise<string> | null = null;

  const nameless: Target = { upstream, url, token: null, isGuest: true };

  /** The first that was not refused; where all were and there are no guests, the first all the same. */
  function takeToken(): Shown | null {
    const living = tokens.filter(({ until }) => until === null || clock.now() < until);
    const [first = null] = living;
    return living.find(({ token }) => !refused.has(token)) ?? (fetchGuest === null ? first : null);
  }

  async function takeGuest(left: Left): Promise<string> {
    if (guestTtlMs === 0) return fetchGuest!(nameless, left);
    if (guest !== null && clock.tick() < guest.until) return guest.token;
    // One fetch serves all who wait; it belongs to none of them, so one that leaves does not end it.
    fetching ??= fetchGuest!(nameless, neverLeft)
      .then((fresh) => {
        guest = { token: fresh, until: clock.tick() + guestTtlMs };
        return fresh;
      })
      .finally(() => {
        fetching = null;
      });
    return fetching;
  }

  return {
    take(left) {
      const shown = tokens.length === 0 ? null : takeToken();
      if (shown !== null) return { target: { upstream, url, token: shown.token, isGuest: false }, name: shown.name };
      if (fetchGuest === null) return { target: { upstream, url, token: null, isGuest: false }, name: "none" };
      return takeGuest(left).then((token) => ({ target: { upstream, url, token, isGuest: true }, name: "guest" }));
    },

    refuse({ target }) {
      if (target.isGuest) {
        if (guest?.token === target.token) guest = null;
        return true;
      }
      if (target.token !== null) refused.add(target.token);
      return fetchGuest !== null || tokens.some(({ token }) => !refused.has(token));
    },
  };
}

/** Why a guest could not be had, in one sentence. */
export function noGuest(upstream: string, cause?: GatewayError): GatewayError {
  return new GatewayError(
    "upstream_auth_failed",
    `The upstream ${upstream} gave no guest token${cause ? `: ${cause.message}` : ""}`,
    {
      cause,
    },
  );
}
