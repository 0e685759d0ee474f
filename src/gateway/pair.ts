import type { Api, OwnWords, Translation } from "~/apis/api.ts";
import { hasMedia } from "~/chat/media.ts";
import { GatewayError } from "~/errors.ts";
import type { Dialect, Door, RefusedAnswer, Telling } from "~/upstreams/upstream.ts";

/** Which API the client speaks, which dialect the upstream does, and through which of its doors. */
export interface Pair {
  api: Api;
  dialect: Dialect;
  door: Door;
}

/** How an API tells the house language. */
export function translationOf({ name, translation }: Api): Translation {
  if (translation === null) throw new Error(`${name} is only served through an upstream's own door`);
  return translation;
}

export function closedEarly(upstream: string): GatewayError {
  return new GatewayError("upstream_incomplete", `The upstream ${upstream} closed its answer early`);
}

/** The same with an end that its API has. */
export const mended = (said: string, own: OwnWords): string => own.mend?.(said) ?? said;

/** An answer that says success, and holds an error or nothing that makes sense. */
export function inStream(text: string, { ask, target, created }: Telling): RefusedAnswer {
  return {
    status: 200,
    contentType: "",
    text: text.slice(0, 65_536),
    target,
    at: created * 1000,
    hasMedia: hasMedia(ask),
    baseIsDefault: false,
  };
}
