import type { Text } from "~/config/text.ts";

/** Why a connection came to nothing, in words for whoever has to repair it. `code` is what the runtime called it. */
export function whyUnreachable(code: string, proxy: string | null): Text {
  const reason = reasons[code] ?? (isCertificateCode(code) ? badCertificate : null);
  const through = proxy === null ? null : new URL(proxy).host;
  return {
    en: `cannot be reached${through ? ` through the proxy ${through}` : ""}: ${reason === null ? code : `${reason.en} (${code})`}`,
    zh: `无法${through ? `经代理 ${through} ` : ""}连接：${reason === null ? code : `${reason.zh}（${code}）`}`,
  };
}

/** Whether nothing that lasts a moment can be at fault, so that trying again at once is of no use. */
export function isLasting(code: string): boolean {
  return (
    isCertificateCode(code) || ["EPROTO", "ENOTFOUND", "ERR_PROXY_TUNNEL", "PRIVATE_ADDRESS", "NOT_HTTP"].includes(code)
  );
}

const badCertificate: Text = { en: "its TLS certificate does not stand the check", zh: "TLS 证书未通过校验" };

const closed: Text = { en: "it closed the connection before it answered", zh: "对方在应答前关闭了连接" };
const noWay: Text = { en: "there is no way to its network", zh: "没有到其网络的路由" };

const reasons: Record<string, Text> = {
  ECONNREFUSED: { en: "nobody listens there", zh: "该地址没有服务在监听" },
  ECONNRESET: closed,
  EPIPE: closed,
  ENOTFOUND: { en: "its name has no address (DNS)", zh: "域名没有地址（DNS）" },
  EAI_AGAIN: { en: "the name server does not answer (DNS)", zh: "域名服务器没有应答（DNS）" },
  EHOSTUNREACH: noWay,
  ENETUNREACH: noWay,
  ETIMEDOUT: { en: "the network took too long", zh: "网络超时" },
  EPROTO: {
    en: "the TLS handshake failed; does it speak https at this port?",
    zh: "TLS 握手失败；该端口是否使用 https？",
  },
  NOT_HTTP: { en: "what answers there is no HTTP, or its head has no end", zh: "该处的应答不是 HTTP，或首部没有结束" },
  PRIVATE_ADDRESS: {
    en: "it lies in a private network, which takes ALLOW_PRIVATE_UPSTREAMS=true",
    zh: "它位于私有网络，需要 ALLOW_PRIVATE_UPSTREAMS=true",
  },
  ERR_PROXY_TUNNEL: { en: "the proxy opened no tunnel to it", zh: "代理没有建立到它的隧道" },
};

/** OpenSSL's verdicts on a certificate, as the runtime spells them. */
function isCertificateCode(code: string): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|SIGNATURE_FAILURE|INVALID_CA|PATH_LENGTH/.test(code);
}
