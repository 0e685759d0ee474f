import { isSampleSecret } from "~/config/samples.ts";
import type { Text } from "~/config/text.ts";
import { parseToken, shortestImport } from "./secret.ts";

/** A line that makes a good one, for every message that refuses a bad one. */
export const makesAGoodOne = "openssl rand -hex 32";

/** Why a string of somebody's own cannot become a client key, as the end of a sentence; null if it can. */
export function whyNoKey(token: string): Text | null {
  if (isSampleSecret(token)) {
    return { en: "is a sample value from a manual, which everybody knows", zh: "是手册中的示例值，人人皆知" };
  }
  if (token.length < shortestImport) {
    return {
      en: `has ${token.length} characters, fewer than ${shortestImport}`,
      zh: `只有 ${token.length} 个字符，少于 ${shortestImport} 个`,
    };
  }
  if (token.length > 512) return { en: "has more than 512 characters", zh: "超过 512 个字符" };
  // A comma would read as two headers in one.
  if (!/^[\x21-\x2b\x2d-\x7e]+$/.test(token)) {
    return { en: "holds a space, a comma or a character outside ASCII", zh: "含有空格、逗号或 ASCII 以外的字符" };
  }
  if (parseToken(token) === "typo")
    return {
      en: "has the form of a zgate key, but its checksum is wrong: it was not copied whole",
      zh: "形似 zgate 密钥但校验和错误：没有完整复制",
    };
  return null;
}
