/**
 * `bun scripts/sbom.ts [file]`: what the binary is made of, as a CycloneDX bill of materials, from the lockfile: every
 * package that a dependency brings along, with its version, checksum and license, and the runtime. The same lockfile gives
 * the same file. `bun run build --all` puts it beside the binaries.
 */

import { readFileSync } from "node:fs";
import { hash, JSONC, write } from "bun";
import manifest from "../package.json" with { type: "json" };

if (import.meta.main)
  await write(process.argv[2] ?? "dist/zgate-sbom.cdx.json", `${JSON.stringify(sbom(), null, 2)}\n`);

interface Locked {
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  optionalPeers?: string[];
}
type Packages = Record<string, [id: string, registry: string, needs: Locked, integrity: string]>;

/** https://cyclonedx.org/docs/1.6/json/ */
export function sbom() {
  const lock = readFileSync("bun.lock", "utf8");
  const { packages } = JSONC.parse(lock) as { packages: Packages };
  const own = { type: "application", "bom-ref": "zgate", name: manifest.name, version: manifest.version };
  const runtime = manifest.packageManager.replace(/^bun@/, "");
  const wanted = Object.keys(manifest.dependencies).map((name) => placeOf(packages, "", name)!);
  const places = closure(packages, wanted);
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${uuidOf(lock)}`,
    version: 1,
    metadata: { component: { ...own, licenses: [{ license: { id: manifest.license } }] } },
    components: [
      { type: "framework", "bom-ref": `bun@${runtime}`, name: "bun", version: runtime, purl: `pkg:npm/bun@${runtime}` },
      ...places.map((place) => componentOf(packages, place)),
    ],
    dependencies: [
      { ref: own["bom-ref"], dependsOn: [`bun@${runtime}`, ...wanted.map((place) => packages[place]![0])] },
      ...places.map((place) => ({
        ref: packages[place]![0],
        dependsOn: neededBy(packages, place).map((other) => packages[other]![0]),
      })),
    ],
  };
}

/** Everything that these places need, by their order in the lockfile. */
function closure(packages: Packages, first: string[]): string[] {
  const found = new Set(first);
  for (const place of found) for (const other of neededBy(packages, place)) found.add(other);
  return Object.keys(packages).filter((place) => found.has(place));
}

function neededBy(packages: Packages, place: string): string[] {
  const { dependencies = {}, peerDependencies = {}, optionalPeers = [] } = packages[place]![2];
  const peers = Object.keys(peerDependencies).filter((name) => !optionalPeers.includes(name));
  return [...Object.keys(dependencies), ...peers].flatMap((name) => placeOf(packages, place, name) ?? []);
}

/** Where a package finds another: below itself, else below whoever holds it, else at the top. */
function placeOf(packages: Packages, from: string, name: string): string | null {
  for (let at = from; at !== ""; at = at.replace(/(^|\/)(@[^/]+\/)?[^/]+$/, "")) {
    if (packages[`${at}/${name}`]) return `${at}/${name}`;
  }
  return packages[name] ? name : null;
}

function componentOf(packages: Packages, place: string) {
  const [id, , , integrity] = packages[place]!;
  const at = id.lastIndexOf("@");
  const [name, version] = [id.slice(0, at), id.slice(at + 1)];
  const license = licenseOf(place);
  return {
    type: "library",
    "bom-ref": id,
    name,
    version,
    purl: `pkg:npm/${name.replace("@", "%40")}@${version}`,
    hashes: [{ alg: "SHA-512", content: Buffer.from(integrity.replace(/^sha512-/, ""), "base64").toString("hex") }],
    ...(license !== null && {
      licenses: [/[ ()]/.test(license) ? { expression: license } : { license: { id: license } }],
    }),
  };
}

/** As the package itself says it; null where it is not unpacked here. */
function licenseOf(place: string): string | null {
  // `a/b` is b inside of a; a scope is no place.
  const folders = place.match(/(@[^/]+\/)?[^/]+/g) ?? [];
  try {
    const { license } = JSON.parse(readFileSync(`node_modules/${folders.join("/node_modules/")}/package.json`, "utf8"));
    return typeof license === "string" ? license : null;
  } catch {
    return null;
  }
}

/** One for each lockfile, so that a second build says the same. */
function uuidOf(text: string): string {
  const digits = [1, 2].map((seed) => hash.wyhash(text, BigInt(seed)).toString(16).padStart(16, "0")).join("");
  return digits.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, "$1-$2-4$3-8$4-$5");
}
