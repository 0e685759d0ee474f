import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Settings } from "~/config.ts";
import { StartError } from "~/errors.ts";
import type { Log } from "~/log.ts";

/** What zgate shows to whoever speaks TLS to it. PEM. */
export interface Certificate {
  /** With the intermediate ones behind it. */
  cert: string;
  key: string;
}

/** Reads the certificate that the owner has named; null where zgate speaks plain HTTP. Throws a StartError. */
export async function readCertificate({ tlsCert, tlsKey }: Settings): Promise<Certificate | null> {
  if (tlsCert === null || tlsKey === null) return null;
  const certificate = { cert: await read("TLS_CERT", tlsCert), key: await read("TLS_KEY", tlsKey) };
  const why = whyUnfit(certificate);
  if (why !== null) throw new StartError(why.en, { zh: why.zh });
  return certificate;
}

/**
 * Looks every minute whether the files hold another certificate, as certbot leaves it, and hands that over. Between its two
 * files the old key stands beside the new certificate: then the next look decides. Returns what ends that.
 */
export function watchCertificate(
  settings: Settings,
  first: Certificate,
  log: Pick<Log, "info" | "warning">,
  renew: (certificate: Certificate) => void,
  everyMs = 60_000,
): () => void {
  let shown = first;
  let complaint = "";
  const look = async () => {
    try {
      const found = await readCertificate(settings);
      complaint = "";
      if (found === null || (found.cert === shown.cert && found.key === shown.key)) return;
      shown = found;
      renew(found);
      log.info(`the certificate was renewed; it is good until ${new X509Certificate(found.cert).validTo}`);
    } catch (error) {
      const says = error instanceof Error ? error.message : String(error);
      if (says !== complaint) log.warning(`the certificate stays as it is: ${says}`);
      complaint = says;
    }
  };
  const timer = setInterval(look, everyMs);
  timer.unref();
  return () => clearInterval(timer);
}

async function read(name: string, path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new StartError(`${name} ${path} cannot be read: ${why}`, { zh: `无法读取 ${name} ${path}：${why}` });
  }
}

function whyUnfit({ cert, key }: Certificate): { en: string; zh: string } | null {
  try {
    if (new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) return null;
  } catch {
    return {
      en: "TLS_CERT and TLS_KEY must hold a certificate and its private key as PEM, the key without a passphrase",
      zh: "TLS_CERT 和 TLS_KEY 应为 PEM 格式的证书和私钥，私钥不能有口令",
    };
  }
  return {
    en: "the key in TLS_KEY is not the one of the certificate in TLS_CERT",
    zh: "TLS_KEY 中的私钥与 TLS_CERT 中的证书不匹配",
  };
}
