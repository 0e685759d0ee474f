import type { Text } from "~/config/text.ts";
import type { ErrorKind } from "~/errors.ts";

/** What an owner can do about an upstream's refusal, where the error itself does not say. */
export const advice: Partial<Record<ErrorKind, Text>> = {
  upstream_auth_failed: {
    en: "Check that the key is whole, and of this very address: those of api.z.ai, open.bigmodel.cn and a coding plan are not interchangeable.",
    zh: "请检查密钥是否完整，且属于这个地址：api.z.ai、open.bigmodel.cn 与 Coding Plan 的密钥不能混用。",
  },
  upstream_account: {
    en: "See at the provider's console what is wrong with the account.",
    zh: "请到服务商的控制台查看账号的问题。",
  },
  insufficient_quota: {
    en: "Top up, wait for the window to begin anew, or check that the key belongs to this address.",
    zh: "请充值，或等待额度周期重新开始，并确认密钥属于这个地址。",
  },
  model_not_available: {
    en: "Another model or plan may do: the account must include this one.",
    zh: "账号须包含该模型；请换一个模型或套餐。",
  },
  upstream_rate_limited: {
    en: "The account is busy: that is no fault of the settings.",
    zh: "账号正忙，与设置无关。",
  },
  upstream_overloaded: {
    en: "Z.ai is overloaded: that is no fault of the settings.",
    zh: "Z.ai 过载，与设置无关。",
  },
};
