/** Where connections go. Two addresses of one origin may share them. */
export interface Origin {
  /** `https://api.z.ai:443` */
  name: string;
  isSecure: boolean;
  /** Without brackets, where it is an IPv6 address. */
  hostname: string;
  port: number;
}

/** An address taken apart, as a request needs it. */
export interface Address {
  origin: Origin;
  /** As the `Host` header has it. */
  host: string;
  /** Path and query. */
  path: string;
}

/** Addresses are few and come again with every request. Throws where `url` is none. */
export function readAddress(url: string): Address {
  let address = known.get(url);
  if (address === undefined) {
    const { protocol, hostname, port, host, pathname, search } = new URL(url);
    if (protocol !== "http:" && protocol !== "https:") throw new TypeError(`${protocol} is no way to an upstream`);
    const isSecure = protocol === "https:";
    const origin = {
      isSecure,
      hostname: hostname.replace(/^\[(.*)\]$/, "$1"),
      port: Number(port || (isSecure ? 443 : 80)),
    };
    address = { origin: { ...origin, name: `${protocol}//${hostname}:${origin.port}` }, host, path: pathname + search };
    if (known.size >= mostKnown) known.clear();
    known.set(url, address);
  }
  return address;
}

const known = new Map<string, Address>();
const mostKnown = 1_000;
