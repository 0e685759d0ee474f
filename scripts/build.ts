/** `bun run build`: the one binary, `dist/zgate`. Arguments are handed on: `bun run build --target=bun-linux-arm64`. */
import { Glob, spawn } from "bun";

const workers = [...new Glob("src/**/*.worker.ts").scanSync(".")].sort();
const child = spawn(
  [
    "bun",
    "build",
    "--compile",
    "--minify-syntax",
    "--sourcemap=inline",
    // The binary behaves the same wherever it stands: it reads `.env` itself, and only where it is told to.
    "--no-compile-autoload-dotenv",
    "--no-compile-autoload-bunfig",
    "--outfile=dist/zgate",
    "src/main.ts",
    // A worker is found in the binary only as an entry point of its own.
    ...workers,
    ...process.argv.slice(2),
  ],
  { stdin: "ignore", stdout: "inherit", stderr: "inherit" },
);
process.exit(await child.exited);
