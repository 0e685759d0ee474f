import { promisify } from "node:util";
import { gzip } from "node:zlib";
import viewer from "swagger-ui-dist/package.json" with { type: "json" };
import swaggerCss from "swagger-ui-dist/swagger-ui.css" with { type: "file" };
import swaggerJs from "swagger-ui-dist/swagger-ui-bundle.js" with { type: "file" };
import appCss from "../public/app.css" with { type: "file" };
import appJs from "../public/app.js" with { type: "file" };
import docsCss from "../public/docs.css" with { type: "file" };
import docsJs from "../public/docs.js" with { type: "file" };
import icon from "../public/icon.svg" with { type: "file" };
import liveJs from "../public/live.js" with { type: "file" };
import htmxJs from "../public/vendor/htmx.min.js" with { type: "file" };

/** What a browser loads besides pages. The list is fixed and in the binary: no path of a request becomes a file's. */
const files = {
  "app.css": appCss,
  "app.js": appJs,
  "docs.css": docsCss,
  "docs.js": docsJs,
  "htmx.js": htmxJs,
  "icon.svg": icon,
  "live.js": liveJs,
  "swagger-ui.css": swaggerCss,
  "swagger-ui.js": swaggerJs,
} as const;
export type AssetName = keyof typeof files;

export interface Assets {
  /** The address of each asset: its name holds a hash of its bytes or its version, so that browsers keep it for ever. */
  addresses: Readonly<Record<AssetName, string>>;
  /** What `/assets/<name>` answers; null where there is no such asset. */
  answer(name: string, headers: Headers): Promise<Response> | null;
}

/** Reads each of our own files once, for its hash; what a browser then asks for is read and compressed when it does. */
export async function openAssets(): Promise<Assets> {
  const byAddress = new Map<string, Asset>();
  const read = async ([name, path]: [string, string]): Promise<[name: string, address: string]> => {
    const dot = name.lastIndexOf(".");
    const extension = name.slice(dot + 1) as keyof typeof types;
    // The viewer is two megabytes, and has a version.
    const mark = name.startsWith("swagger-ui.") ? viewer.version : Bun.hash(await Bun.file(path).bytes()).toString(36);
    const address = `${name.slice(0, dot)}.${mark}.${extension}`;
    byAddress.set(address, { path, type: types[extension], gzipped: null });
    return [name, `/assets/${address}`];
  };
  const addresses = await Promise.all(Object.entries(files).map(read));
  return {
    addresses: Object.fromEntries(addresses) as Record<AssetName, string>,
    answer(address, headers) {
      const asset = byAddress.get(address);
      return asset ? send(asset, headers) : null;
    },
  };
}

interface Asset {
  path: string;
  type: string;
  /** Made when it is first asked for. */
  gzipped: Promise<Uint8Array<ArrayBuffer>> | null;
}

const types = {
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
} as const;

const zip = promisify(gzip);

async function send(asset: Asset, headers: Headers): Promise<Response> {
  const answer = {
    "content-type": asset.type,
    "cache-control": "public, max-age=31536000, immutable",
    "x-content-type-options": "nosniff",
    vary: "accept-encoding",
  };
  const isZipped = /\bgzip\b/.test(headers.get("accept-encoding") ?? "");
  if (!isZipped) return new Response(Bun.file(asset.path), { headers: answer });
  // Not on the thread that carries traffic.
  asset.gzipped ??= Bun.file(asset.path)
    .bytes()
    .then(async (bytes) => new Uint8Array(await zip(bytes)));
  return new Response(await asset.gzipped, { headers: { ...answer, "content-encoding": "gzip" } });
}
