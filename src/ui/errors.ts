import { type ErrorKind, errorKinds, type Fault, type GatewayError } from "~/errors.ts";
import type { Language, Text } from "./say.ts";

/** What went wrong, in a few words. */
export function errorName(kind: ErrorKind, language: Language): string {
  return (language === "zh" ? chinese[kind] : undefined) ?? kind.replaceAll("_", " ");
}

/** The sentence of an error, as far as somebody wrote it in the reader's language. */
export function errorText(error: GatewayError, language: Language): string {
  return language === "zh" ? error.zh : error.message;
}

export function isErrorKind(text: string): text is ErrorKind {
  return Object.hasOwn(errorKinds, text);
}

/** Who has to act. */
export const faultNames: Record<Fault, Text> = {
  caller: { en: "the caller", zh: "调用方" },
  policy: { en: "your own rules", zh: "你设置的规则" },
  upstream: { en: "the upstream", zh: "上游" },
  gateway: { en: "zgate itself", zh: "网关自身" },
};

const chinese: Partial<Record<ErrorKind, string>> = {
  invalid_json: "JSON 无效",
  invalid_request: "请求无效",
  missing_key: "缺少密钥",
  wrong_scheme: "认证方式错误",
  unknown_key: "未知密钥",
  expired_key: "密钥已过期",
  revoked_key: "密钥已吊销",
  conflicting_keys: "密钥冲突",
  not_found: "不存在",
  method_not_allowed: "方法不允许",
  model_not_found: "模型不存在",
  too_large: "请求过大",
  unsupported_encoding: "编码不支持",
  context_length_exceeded: "超出上下文长度",
  content_filter: "内容被拦截",
  model_not_multimodal: "模型不支持多模态",
  multimodal_not_allowed: "不允许多模态",
  body_timeout: "请求体超时",
  not_supported: "不支持",
  conflict: "冲突",
  previous_response_not_found: "上一个应答不存在",
  forbidden: "禁止",
  disabled_key: "密钥已停用",
  model_not_allowed: "模型未授权",
  address_not_allowed: "地址未授权",
  rate_limited: "超出速率",
  budget_used_up: "预算用尽",
  too_many_requests: "请求过多",
  paused: "已暂停",
  upstream_unreachable: "上游无法连接",
  upstream_error: "上游错误",
  upstream_incomplete: "上游应答不完整",
  upstream_auth_failed: "上游认证失败",
  upstream_account: "上游账户问题",
  upstream_challenge: "上游要求验证",
  upstream_client_outdated: "上游要求新客户端",
  upstream_rate_limited: "上游限速",
  insufficient_quota: "额度不足",
  upstream_overloaded: "上游过载",
  upstream_timeout: "上游超时",
  model_not_available: "模型不可用",
  internal_error: "内部错误",
  storage_unavailable: "存储不可用",
  shutting_down: "正在关闭",
};
