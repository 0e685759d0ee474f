import { expect, test } from "bun:test";
import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

test.skipIf(!Bun.which("systemd-analyze"))("systemd takes every line of the unit, and calls it well guarded", () => {
  const unit = join(tmpdir(), `zgate-${process.pid}.service`);
  // What it starts has to be there.
  writeFileSync(
    unit,
    readFileSync("deploy/systemd/zgate.service", "utf8").replace(
      "ExecStart=/usr/local/bin/zgate",
      "ExecStart=/bin/true",
    ),
  );
  chmodSync(unit, 0o644);
  const verify = Bun.spawnSync(["systemd-analyze", "verify", unit]);
  expect(verify.stderr.toString()).toBe("");
  const security = Bun.spawnSync(["systemd-analyze", "security", "--offline=true", unit]).stdout.toString();
  const level = Number(/Overall exposure level.*?: ([\d.]+)/.exec(security)?.[1]);
  expect(level).toBeLessThan(2.5);
  rmSync(unit);
});

test("PM2's file starts one process, in the way that the binary wants", () => {
  const { apps } = require(resolve("deploy/pm2.config.cjs")) as { apps: Record<string, unknown>[] };
  expect(apps).toMatchObject([{ args: "serve", interpreter: "none", exec_mode: "fork", instances: 1 }]);
});

test("every proxy's sample has what streams need", () => {
  const nginx = ["zgate-locations.conf", "zgate-below-a-path.conf"].map((name) =>
    readFileSync(join("deploy/nginx", name), "utf8"),
  );
  for (const text of nginx) {
    for (const line of [
      "proxy_http_version 1.1;",
      "proxy_buffering off;",
      "proxy_cache off;",
      "client_max_body_size",
    ]) {
      expect(text).toContain(line);
    }
    for (const header of ["Host", "X-Real-IP", "X-Forwarded-For", "X-Forwarded-Proto"]) {
      expect(text).toContain(`proxy_set_header ${header} `);
    }
    expect(Number(/proxy_read_timeout (\d+)s/.exec(text)?.[1])).toBeGreaterThan(900);
  }
  const caddy = readFileSync("deploy/caddy/Caddyfile", "utf8");
  for (const line of ["flush_interval -1", "lb_try_duration", "versions 1.1", "X-Real-IP", "max_size"]) {
    expect(caddy).toContain(line);
  }
});
