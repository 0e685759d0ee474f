import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { closedPort } from "../helpers/ports.ts";

const binary = Bun.which("caddy");

/** Whether this machine has Caddy: Debian's, in CI. */
export const hasCaddy = binary !== null;

export interface Caddy {
  url: string;
  stop(): Promise<void>;
}

/** A real Caddy with our sample, moved to a free port, without a certificate, and to a folder of its own. */
export async function startCaddy(zgatePort: number | string, change = (text: string) => text): Promise<Caddy> {
  const folder = mkdtempSync(join(tmpdir(), "zgate-caddy-"));
  const port = closedPort();
  const url = `http://127.0.0.1:${port}`;
  const sample = change(readFileSync("deploy/caddy/Caddyfile", "utf8"))
    .replace("your-domain.com {", `http://:${port} {\n\tbind 127.0.0.1`)
    .replaceAll("127.0.0.1:9090", `127.0.0.1:${zgatePort}`);
  const path = join(folder, "Caddyfile");
  writeFileSync(path, `{\n\tadmin off\n}\n${sample}`);
  const child = Bun.spawn([binary ?? "caddy", "run", "--config", path, "--adapter", "caddyfile"], {
    env: { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
    stdin: "ignore",
    stdout: "ignore",
    stderr: Bun.file(join(folder, "log")),
  });
  // Also where a test fails before it comes to stop().
  process.once("exit", () => child.kill("SIGKILL"));
  for (;;) {
    if (child.exitCode !== null) throw new Error(`caddy: ${readFileSync(join(folder, "log"), "utf8")}`);
    const isUp = await fetch(`${url}/health`).then(
      () => true,
      () => false,
    );
    if (isUp) break;
    await Bun.sleep(20);
  }
  return {
    url,
    async stop() {
      // Asked to leave, it waits for every stream that is still open.
      child.kill("SIGKILL");
      await child.exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
