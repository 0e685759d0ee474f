import type { Clock } from "~/clock.ts";
import { GatewayError } from "~/errors.ts";
import type { Target } from "~/upstreams/upstream.ts";

/** What we show an upstream for one request. */
export interface Credential {
  target: Target;
  /** As rows name it: `ZAI_TOKEN`, `guest`. */
  name: string;
}

export interface Pool {
  take(left: AbortSignal): Promise<Credential>;
  /** The upstream refused this one. Says whether `take` would now give another that is worth one more try. */
  refuse(credential: Credential): boolean;
}

interface Means {
  upstream: string;
  url: string;
  /** A configured token is always used first. */
  token: string | null;
  /** Asks the upstream for a guest token; null where there are no guests or the owner wants none. */
  fetchGuest: ((target: Target, left: AbortSignal) => Promise<string>) | null;
  /** How long a guest token is used again; 0 is one a request. Milliseconds. */
  guestTtlMs: number;
}

export function createPool({ upstream, url, token, fetchGuest, guestTtlMs }: Means, clock: Clock): Pool {
  let tokenIsRefused = false;
  let guest: { token: string; until: number } | null = null;
  let fetching: Promise<string> | null = null;

  const nameless: Target = { upstream, url, token: null, isGuest: true };

  async function takeGuest(left: AbortSignal): Promise<string> {
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
    async take(left) {
      if (token !== null && !(tokenIsRefused && fetchGuest)) {
        return { target: { upstream, url, token, isGuest: false }, name: "ZAI_TOKEN" };
      }
      if (fetchGuest === null) return { target: { upstream, url, token: null, isGuest: false }, name: "none" };
      return { target: { upstream, url, token: await takeGuest(left), isGuest: true }, name: "guest" };
    },

    refuse({ target }) {
      if (fetchGuest === null) return false;
      if (!target.isGuest) tokenIsRefused = true;
      else if (guest?.token === target.token) guest = null;
      return true;
    },
  };
}

const neverLeft = new AbortController().signal;

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
