import { isIP } from "node:net";
import type { Clock } from "~/clock.ts";
import type { Text } from "~/config/text.ts";
import { invalid } from "~/keys/fields.ts";
import { networkCheck } from "~/keys/networks.ts";
import type { Who } from "~/keys/statements.ts";
import type { UpstreamChoice } from "~/upstreams/choose.ts";

/** Gives all addresses of a host name; rejects where it has none. */
export type Resolve = (host: string) => Promise<string[]>;

/**
 * Refuses an address that lies in a private network: what comes in through a page or the API must not turn zgate into a
 * way into its owner's house. `resolve` is null where names are a proxy's business.
 */
export async function refusePrivate(url: string, resolve: Resolve | null): Promise<void> {
  const host = hostOf(url);
  if (isPrivateName(host)) throw isPrivate(host);
  if (isIP(host) || resolve === null) return;
  const addresses = await resolve(host).catch(() => {
    throw invalid("url", `The host ${host} of 'url' has no address (DNS).`, `“url”的主机 ${host} 没有地址（DNS）。`);
  });
  const found = addresses.find(isPrivateAddress);
  if (found !== undefined) throw isPrivate(`${host} (${found})`);
}

/**
 * Looks a host up for each call, and rejects with the code `PRIVATE_ADDRESS` where it lies in a private network by now: a
 * name that was public when its upstream was saved may lead elsewhere today. Whoever calls must dial what this gives, and
 * not look the name up again.
 */
export function createPublicLookup(resolve: Resolve, clock: Pick<Clock, "tick">): Resolve {
  const known = new Map<string, { addresses: string[]; until: number }>();
  return async (host) => {
    const kept = known.get(host);
    if (kept && clock.tick() < kept.until) return kept.addresses;
    const addresses = isIP(host) ? [host] : await resolve(host);
    if (isPrivateName(host) || addresses.some(isPrivateAddress)) {
      throw Object.assign(new Error(`${host} lies in a private network`), { code: "PRIVATE_ADDRESS" });
    }
    known.set(host, { addresses, until: clock.tick() + keptMs });
    return addresses;
  };
}

/** As long as the runtime keeps what it looks up itself. */
const keptMs = 30_000;

/** The host of an address as a look-up takes it: without brackets and the final dot. */
export function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
}

/** Whoever works in the data folder itself is trusted as the environment is: with addresses in a private network, too. */
export const isTrusted = ({ actor }: Who): boolean => actor === "command line";

/** Refuses a coding plan's base that nobody has accepted the terms of. */
export function requireTermsAccepted({ isCodingPlan }: UpstreamChoice, isAccepted: boolean): void {
  if (!isCodingPlan || isAccepted) return;
  throw invalid(
    "accept_coding_plan_terms",
    `This is the base of a GLM Coding Plan. ${codingPlanTerms.en} Send "accept_coding_plan_terms": true if that is what you want.`,
    `这是 GLM Coding Plan 的地址。${codingPlanTerms.zh}如确认使用，请勾选接受条款。`,
  );
}

/** The plan's usage policy in a sentence. https://docs.z.ai/devpack/usage-policy */
export const codingPlanTerms: Text = {
  en: "Its terms: the plan may be used only within officially supported tools and only by the subscriber personally; use through an SDK or a third party may be throttled, or the plan's benefits cut.",
  zh: "其条款：套餐只可用于官方支持的工具，且仅限订阅者本人使用；通过 SDK 或第三方使用可能被限速，或被取消套餐权益。",
};

/** Everything that is not the open internet. https://www.iana.org/assignments/iana-ipv4-special-registry */
const isListed = networkCheck([
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "224.0.0.0/3",
  "::/96",
  "64:ff9b::/32",
  "fc00::/7",
  "fe80::/10",
  "ff00::/8",
]);

function isPrivateName(host: string): boolean {
  return isIP(host) ? isPrivateAddress(host) : /(^|\.)(localhost|local|internal|home\.arpa)$/i.test(host);
}

function isPrivateAddress(address: string): boolean {
  return isListed(unmapped(address.replace(/%.*$/, "")));
}

/** An IPv4 address in IPv6's clothes, as what it is: `::ffff:a00:1` is 10.0.0.1. */
function unmapped(address: string): string {
  const [, high, low] = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(address) ?? [];
  if (high === undefined) return address;
  const bits = [high, low!].map((half) => Number.parseInt(half, 16));
  return bits.flatMap((half) => [half >> 8, half & 255]).join(".");
}

function isPrivate(what: string) {
  return invalid(
    "url",
    `${what} is an address in a private network. Set ALLOW_PRIVATE_UPSTREAMS=true to allow such upstreams here, or add it with: zgate upstreams add.`,
    `${what} 是私有网络中的地址。设置 ALLOW_PRIVATE_UPSTREAMS=true 可允许此类上游，或使用命令 zgate upstreams add 添加。`,
  );
}
