import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A certificate for localhost that nobody has signed but itself, made for this run. `path` is the certificate's file. */
export function makeCertificate(): { path: string; cert: string; key: string } {
  const folder = mkdtempSync(join(tmpdir(), "zgate-tls-"));
  const path = join(folder, "cert.pem");
  const keyPath = join(folder, "key.pem");
  const made = Bun.spawnSync(
    `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost
      -addext subjectAltName=DNS:localhost -keyout ${keyPath} -out ${path}`.split(/\s+/),
  );
  if (!made.success) throw new Error(`openssl made no certificate: ${made.stderr}`);
  return { path, cert: readFileSync(path, "utf8"), key: readFileSync(keyPath, "utf8") };
}
