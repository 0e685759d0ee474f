import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { closedPort } from "../helpers/ports.ts";

const binary = Bun.which("nginx") ?? (existsSync("/usr/sbin/nginx") ? "/usr/sbin/nginx" : null);

/** Whether this machine has nginx: Debian's, in CI. */
export const hasNginx = binary !== null;

export interface Nginx {
  url: string;
  stop(): Promise<void>;
}

/** A real nginx with one of our samples, moved to a free port and a folder of its own. `change` is the test's. */
export async function startNginx(
  sample: "zgate.conf" | "zgate-below-a-path.conf",
  zgatePort: number | string,
  change: (text: string) => string = (text) => text,
): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), "zgate-nginx-"));
  const port = closedPort();
  const place = (text: string): string =>
    change(text)
      .replaceAll("127.0.0.1:9090", `127.0.0.1:${zgatePort}`)
      .replace("listen 80;", `listen 127.0.0.1:${port};`)
      .replace(/^ *listen \[::\]:80;\n/m, "")
      .replace("/etc/nginx/zgate-locations.conf", join(folder, "zgate-locations.conf"));
  for (const name of ["zgate-locations.conf", sample]) {
    writeFileSync(join(folder, name), place(readFileSync(join("deploy/nginx", name), "utf8")));
  }
  const isWhole = sample === "zgate.conf";
  writeFileSync(
    join(folder, "nginx.conf"),
    `daemon off; worker_processes 1; ${process.getuid?.() === 0 ? "user root;" : ""} pid ${folder}/pid; error_log ${folder}/error.log;
events {}
http {
  access_log off;
  ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/${name};`).join(" ")}
  ${isWhole ? `include ${folder}/${sample};` : `server { listen 127.0.0.1:${port}; include ${folder}/${sample}; }`}
}`,
  );
  mkdirSync(join(folder, "logs"));
  const child = Bun.spawn([binary ?? "nginx", "-p", folder, "-c", join(folder, "nginx.conf"), "-e", "stderr"], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  const url = `http://127.0.0.1:${port}`;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`nginx: ${await new Response(child.stderr).text()}`);
    if (
      await fetch(`${url}/__up`).then(
        () => true,
        () => false,
      )
    )
      break;
    await Bun.sleep(20);
  }
  return {
    url,
    async stop() {
      child.kill("SIGTERM");
      await child.exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
