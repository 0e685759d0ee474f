import type { Text } from "~/config/text.ts";
import type { ErrorKind } from "~/errors.ts";

/** What one of Z.ai's codes means for us, and for people. */
export interface Meaning {
  kind: ErrorKind;
  says: Text;
}

/** What a code means, by its number. https://docs.z.ai/api-reference/api-code */
export function meaningOf(code: string): Meaning | null {
  return Object.hasOwn(meanings, code) ? meanings[code]! : null;
}

const means = (kind: ErrorKind, en: string, zh: string): Meaning => ({ kind, says: { en, zh } });

const auth = means("upstream_auth_failed", "Z.ai refused the key that zgate shows it", "Z.ai 拒绝了 zgate 出示的密钥");
const account = means("upstream_account", "Z.ai does not serve this account", "Z.ai 不为此账户提供服务");
const parameter = means("invalid_request", "Z.ai refused a parameter", "Z.ai 拒绝了某个参数");
const busy = means(
  "upstream_rate_limited",
  "Z.ai is busy with this account's other requests",
  "Z.ai 正忙于处理此账户的其他请求",
);
const usedUp = means("insufficient_quota", "The quota of this Z.ai account is used up", "此 Z.ai 账户的额度已用完");
const broken = means("upstream_error", "Z.ai failed", "Z.ai 出错");
const policy = means("content_filter", "Z.ai's policy refused the content", "内容被 Z.ai 的安全策略拒绝");

const meanings: Record<string, Meaning> = {
  "1000": auth,
  "1001": auth,
  "1002": auth,
  "1003": auth,
  "1004": auth,
  "1005": auth,
  "1110": account,
  "1111": account,
  "1112": account,
  "1113": means(
    "insufficient_quota",
    "The Z.ai account has no balance or resource package for this address",
    "Z.ai 账户在此地址没有余额或资源包",
  ),
  "1120": account,
  "1121": account,
  "1200": broken,
  "1210": parameter,
  "1211": means("model_not_found", "Z.ai does not know this model", "Z.ai 没有此模型"),
  "1212": means("invalid_request", "Z.ai's model does not support this call", "该模型不支持此调用"),
  "1213": parameter,
  "1214": parameter,
  "1215": parameter,
  "1220": means("model_not_available", "This Z.ai account may not use this API", "此 Z.ai 账户无权使用该接口"),
  "1221": means("model_not_available", "Z.ai has taken this API offline", "Z.ai 已下线该接口"),
  "1222": means("model_not_available", "Z.ai has no such API", "Z.ai 没有该接口"),
  "1230": broken,
  "1231": means("upstream_error", "Z.ai has seen this request id before", "Z.ai 已收到过此请求 ID"),
  "1234": means("upstream_error", "Z.ai had a network error", "Z.ai 网络错误"),
  "1261": means("context_length_exceeded", "The prompt is longer than the model takes", "提示词超出模型的长度上限"),
  "1300": policy,
  "1301": policy,
  "1302": busy,
  "1303": busy,
  "1304": means("insufficient_quota", "Z.ai's daily limit for this API is used up", "该接口的每日额度已用完"),
  "1305": means("upstream_overloaded", "Z.ai is overloaded", "Z.ai 过载"),
  "1308": usedUp,
  "1309": means("insufficient_quota", "The Z.ai plan has expired", "Z.ai 套餐已过期"),
  "1310": usedUp,
  "1311": means("model_not_available", "The Z.ai plan does not include this model", "Z.ai 套餐不包含此模型"),
  "1313": means(
    "insufficient_quota",
    "Z.ai restricts this account under its fair-use policy",
    "Z.ai 按公平使用政策限制了此账户",
  ),
  "1314": means("model_not_available", "The Z.ai enterprise package has expired", "Z.ai 企业套餐已过期"),
  "1315": means("model_not_available", "This Z.ai key needs an enterprise scenario", "此 Z.ai 密钥需要企业场景"),
  "1316": usedUp,
  "1317": usedUp,
  "1318": usedUp,
  "1319": usedUp,
  "1320": usedUp,
  "1321": usedUp,
};
