import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { closedPort } from "./ports.ts";

const binary = Bun.which("tinyproxy") ?? (existsSync("/usr/bin/tinyproxy") ? "/usr/bin/tinyproxy" : null);

/** Whether this machine has tinyproxy: Debian's, in CI. */
export const hasTinyproxy = binary !== null;

/** A proxy that others wrote, on a free port, which wants a name and a password. */
export interface Tinyproxy {
  /** With the password in it. */
  url: string;
  /** What it has said so far: whom it connected to. */
  log(): string;
  stop(): Promise<void>;
}

export async function startTinyproxy(): Promise<Tinyproxy> {
  const folder = mkdtempSync(join(tmpdir(), "zgate-tinyproxy-"));
  const config = join(folder, "tinyproxy.conf");
  const port = closedPort();
  const password = crypto.randomUUID().replaceAll("-", "");
  const lines = [
    `Port ${port}`,
    "Listen 127.0.0.1",
    "Timeout 60",
    "LogLevel Info",
    "MaxClients 50",
    `BasicAuth zgate ${password}`,
    "DisableViaHeader Yes",
  ];
  writeFileSync(config, `${lines.join("\n")}\n`);
  const child = Bun.spawn([binary ?? "tinyproxy", "-d", "-c", config], { stdout: "pipe", stderr: "pipe" });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    void (async () => {
      for await (const bytes of stream) said += Buffer.from(bytes).toString();
    })();
  }
  while (!/Accepting connections|Setting the various signals/.test(said)) {
    if (child.exitCode !== null) throw new Error(`tinyproxy: ${said}`);
    await Bun.sleep(10);
  }
  return {
    url: `http://zgate:${password}@127.0.0.1:${port}`,
    log: () => said,
    async stop() {
      child.kill();
      await child.exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
