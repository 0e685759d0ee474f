/**
 * `bun run build`: the one binary, `dist/zgate`. Other arguments are handed on: `bun run build --target=bun-linux-arm64`.
 * `bun run build --all`: one for each system, `dist/zgate-linux-x64` and so on, what they are made of, and `SHA256SUMS`.
 */
import { CryptoHasher, file, Glob, spawn, write } from "bun";
import { sbom } from "./sbom.ts";

/** Where Bun's own targets differ from what people call their machine, its name is the latter. */
export const targets = {
  "linux-x64": "bun-linux-x64-baseline",
  "linux-arm64": "bun-linux-arm64",
  "linux-x64-musl": "bun-linux-x64-musl-baseline",
  "linux-arm64-musl": "bun-linux-arm64-musl",
  "darwin-x64": "bun-darwin-x64",
  "darwin-arm64": "bun-darwin-arm64",
  "windows-x64.exe": "bun-windows-x64-baseline",
} as const;

if (import.meta.main)
  process.exit(process.argv.includes("--all") ? await buildAll() : await build(process.argv.slice(2)));

async function buildAll(): Promise<number> {
  const names = Object.keys(targets).map((name) => `zgate-${name}`);
  for (const [name, target] of Object.entries(targets)) {
    const status = await build([`--target=${target}`, `--outfile=dist/zgate-${name}`]);
    if (status !== 0) return status;
  }
  await write("dist/zgate-sbom.cdx.json", `${JSON.stringify(sbom(), null, 2)}\n`);
  const sums = [...names, "zgate-sbom.cdx.json"].map(async (name) => {
    const bytes = await file(`dist/${name}`).bytes();
    return `${new CryptoHasher("sha256").update(bytes).digest("hex")}  ${name}\n`;
  });
  await write("dist/SHA256SUMS", (await Promise.all(sums)).join(""));
  return 0;
}

async function build(more: string[]): Promise<number> {
  const workers = [...new Glob("src/**/*.worker.ts").scanSync(".")].sort();
  const child = spawn(
    [
      "bun",
      "build",
      "--compile",
      // Compiled ahead: a start takes a third of the CPU time. As a script of the older kind, workers would not be found.
      "--bytecode",
      "--format=esm",
      "--minify-syntax",
      "--sourcemap=inline",
      // The binary behaves the same wherever it stands: it reads `.env` itself, and only where it is told to.
      "--no-compile-autoload-dotenv",
      "--no-compile-autoload-bunfig",
      "--outfile=dist/zgate",
      "src/main.ts",
      // A worker is found in the binary only as an entry point of its own.
      ...workers,
      ...more,
    ],
    { stdin: "ignore", stdout: "inherit", stderr: "inherit" },
  );
  return child.exited;
}
