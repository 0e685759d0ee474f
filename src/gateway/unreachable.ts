/** Why a connection came to nothing, in words for whoever has to repair it. `code` is what the runtime called it. */
export function whyUnreachable(code: string, proxy: string | null): string {
  const reason = reasons[code] ?? (isCertificateCode(code) ? badCertificate : null);
  const through = proxy === null ? "" : ` through the proxy ${new URL(proxy).host}`;
  return `cannot be reached${through}: ${reason === null ? code : `${reason} (${code})`}`;
}

/** Whether nothing that lasts a moment can be at fault, so that trying again at once is of no use. */
export function isLasting(code: string): boolean {
  return (
    isCertificateCode(code) || ["EPROTO", "ENOTFOUND", "ERR_PROXY_TUNNEL", "PRIVATE_ADDRESS", "NOT_HTTP"].includes(code)
  );
}

const badCertificate = "its TLS certificate does not stand the check";

const reasons: Record<string, string> = {
  ECONNREFUSED: "nobody listens there",
  ECONNRESET: "it closed the connection before it answered",
  EPIPE: "it closed the connection before it answered",
  ENOTFOUND: "its name has no address (DNS)",
  EAI_AGAIN: "the name server does not answer (DNS)",
  EHOSTUNREACH: "there is no way to its network",
  ENETUNREACH: "there is no way to its network",
  ETIMEDOUT: "the network took too long",
  EPROTO: "the TLS handshake failed; does it speak https at this port?",
  NOT_HTTP: "what answers there is no HTTP, or its head has no end",
  PRIVATE_ADDRESS: "it lies in a private network, which takes ALLOW_PRIVATE_UPSTREAMS=true",
  ERR_PROXY_TUNNEL: "the proxy opened no tunnel to it",
};

/** OpenSSL's verdicts on a certificate, as the runtime spells them. */
function isCertificateCode(code: string): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|SIGNATURE_FAILURE|INVALID_CA|PATH_LENGTH/.test(code);
}
