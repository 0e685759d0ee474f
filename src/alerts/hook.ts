import { createHmac } from "node:crypto";

/** Sends an alert to the owner's address. Resolves with the status of the answer. */
export type Send = (headers: Record<string, string>, body: string) => Promise<number>;

/**
 * A message to the webhook: JSON, signed where there is a secret. `x-zgate-signature: t=<seconds>,v1=<hex>` holds the
 * HMAC-SHA-256 of `<seconds>.<body>`: who checks both knows who sent it, and when.
 */
export function signed(body: string, secret: string | null, now: number): Record<string, string> {
  const seconds = Math.floor(now / 1000);
  const headers = { "content-type": "application/json", "user-agent": "zgate" };
  if (secret === null) return headers;
  const mac = createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex");
  return { ...headers, "x-zgate-signature": `t=${seconds},v1=${mac}` };
}

/** Tries until the answer is a 2xx, with growing pauses. Says whether it was. */
export async function deliver(
  send: Send,
  headers: Record<string, string>,
  body: string,
  pausesMs = [1_000, 10_000, 60_000],
) {
  for (const pauseMs of [0, ...pausesMs]) {
    await Bun.sleep(pauseMs);
    const status = await send(headers, body).catch(() => 0);
    if (status >= 200 && status < 300) return true;
  }
  return false;
}
