import { BlockList, isIP } from "node:net";

/** Tells whether an address lies in one of some networks. */
export type NetworkCheck = (address: string) => boolean;

/**
 * A network in its shortest form, `203.0.113.7/32` or `2001:db8::/32`; an address alone is a network of one.
 * Null for anything else, also for `203.0.113.7/24`: bits behind the mask mean that somebody slipped.
 */
export function readNetwork(text: string): string | null {
  const [written = "", length, ...more] = text.trim().split("/");
  const base = unmapped(written);
  const family = isIP(base);
  if (family === 0 || more.length > 0 || base.includes("%")) return null;
  const most = family === 4 ? 32 : 128;
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return null;
  const bits = length === undefined ? most : Number(length);
  if (bits > most) return null;
  const value = bitsOf(base, family);
  const hostBits = BigInt(most - bits);
  if ((value >> hostBits) << hostBits !== value) return null;
  return `${shortest(base, family)}/${bits}`;
}

/** `networks` in the form that `readNetwork` gives. An IPv6 network holds IPv6 addresses only. */
export function networkCheck(networks: readonly string[]): NetworkCheck {
  // A list for each: in one, 203.0.113.7 would count as ::ffff:203.0.113.7 and lie in ::/1.
  const lists = { 4: new BlockList(), 6: new BlockList() };
  for (const network of networks) {
    const [base = "", bits] = network.split("/");
    if (isIP(base) === 4) lists[4].addSubnet(base, Number(bits), "ipv4");
    else lists[6].addSubnet(base, Number(bits), "ipv6");
  }
  return (address) => {
    const plain = unmapped(address);
    const family = isIP(plain);
    if (family === 4) return lists[4].check(plain, "ipv4");
    return family === 6 && lists[6].check(plain, "ipv6");
  };
}

/**
 * Who counts as one stranger: an IPv4 address, or an IPv6 /64, since a single household or server owns all of that.
 */
export function strangerOf(address: string): string {
  const plain = unmapped(address);
  if (isIP(plain) !== 6) return plain;
  const house = (bitsOf(plain, 6) >> 64n) << 64n;
  return `${shortest(
    house
      .toString(16)
      .padStart(32, "0")
      .replace(/(.{4})(?!$)/g, "$1:"),
    6,
  )}/64`;
}

/** An IPv4 address that a dual-stack socket reports as `::ffff:203.0.113.7`, a proxy as `::ffff:cb00:7107`: what it is. */
function unmapped(address: string): string {
  if (!/^::ffff:/i.test(address)) return address;
  const rest = address.slice(7);
  if (rest.includes(".")) return rest;
  const halves = /^([\da-f]{1,4}):([\da-f]{1,4})$/i
    .exec(rest)
    ?.slice(1)
    .map((half) => Number.parseInt(half, 16));
  return halves ? halves.flatMap((half) => [half >> 8, half & 0xff]).join(".") : address;
}

function shortest(address: string, family: number): string {
  return family === 4 ? address : new URL(`http://[${address}]`).hostname.slice(1, -1);
}

function bitsOf(address: string, family: number): bigint {
  if (family === 4) return address.split(".").reduce((bits, part) => (bits << 8n) | BigInt(part), 0n);
  const [head = "", tail] = shortest(address, 6).split("::");
  const left = groups(head);
  const right = groups(tail ?? "");
  const middle = new Array<string>(8 - left.length - right.length).fill("0");
  return [...left, ...middle, ...right].reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n);
}

function groups(text: string): string[] {
  return text === "" ? [] : text.split(":");
}
