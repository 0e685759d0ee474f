/**
 * Which refusals of strangers get a row of their own: so many a minute from one network and in all. Beyond that they
 * share one, so that a flood costs a few rows a minute and every request is still counted.
 */
export interface FoldRates {
  perAddress: number;
  inAll: number;
}

export const defaultFoldRates: FoldRates = { perAddress: 30, inAll: 300 };

/** `own`: a row of its own. `address`: one for its address, `all`: one for everybody. */
export type Fold = "own" | "address" | "all";

export function createFolding(rates: FoldRates) {
  let minute = 0;
  let inAll = 0;
  // At most `inAll` networks: past that number nobody is looked up any more.
  const seen = new Map<string, number>();
  return (address: string, now: number): Fold => {
    if (minute !== minuteOf(now)) {
      minute = minuteOf(now);
      inAll = 0;
      seen.clear();
    }
    if (inAll >= rates.inAll) return "all";
    const network = networkOf(address);
    const count = seen.get(network) ?? 0;
    if (count >= rates.perAddress) return "address";
    seen.set(network, count + 1);
    inAll++;
    return "own";
  };
}

export function minuteOf(ms: number): number {
  return Math.floor(ms / 60_000);
}

/** An IPv4 address itself, also when it comes as `::ffff:192.0.2.1`; of an IPv6 address the /64, which is one customer. */
export function networkOf(address: string): string {
  const mapped = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped !== null) return mapped[1]!;
  const [head = "", tail] = address.split("%")[0]!.toLowerCase().split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - left.length - right.length)).fill("0");
  const groups = [...left, ...zeros, ...right].map((group) => group.replace(/^0+(?=.)/, ""));
  return groups.slice(0, 4).join(":");
}
