import { GatewayError } from "~/errors.ts";
import type { KeyRow } from "../../drizzle/keys.ts";
import {
  hasControls,
  invalid,
  isCleared,
  noNetwork,
  noneOf,
  noText,
  notBetween,
  numberOf,
  readBody,
  readList,
  readText,
  readWhole,
  readYesNo,
  tooSmall,
} from "./fields.ts";
import { makesAGoodOne, whyNoKey } from "./import.ts";
import { limitColumns, moneyColumns, nanoPerUsd } from "./limits.ts";
import { readNetwork } from "./networks.ts";
import { allRights, bitsOf, type Right } from "./rights.ts";

/** What an owner decides about a key. */
export type KeyPolicy = Omit<KeyRow, "id" | "builtIn" | "createdAt" | "disabledAt" | "revokedAt">;

export interface NewKey {
  policy: KeyPolicy;
  /** A string of somebody's own to import; null lets zgate make one. */
  secret: string | null;
}

/** How long an old secret lives on, as people write it, in milliseconds. */
export const overlaps = {
  "0": 0,
  "1h": 3_600_000,
  "24h": 86_400_000,
  "7d": 7 * 86_400_000,
  "30d": 30 * 86_400_000,
} as const;
export type Overlap = keyof typeof overlaps;

export const policyFields = [
  "name",
  "note",
  "rights",
  "models",
  "networks",
  "expires_at",
  "rotate_after_days",
  ...Object.keys(limitColumns),
  ...Object.keys(moneyColumns),
  "capture",
];

/** A key that may call every model, as much as it likes. */
export const unlimited: KeyPolicy = {
  name: "",
  note: "",
  rights: bitsOf(["inference"]),
  expiresAt: null,
  rotateAfterDays: null,
  models: null,
  networks: null,
  requestsPerMinute: null,
  tokensPerMinute: null,
  inFlight: null,
  tokensPerDay: null,
  tokensPerWeek: null,
  tokensPerMonth: null,
  nanoUsdPerDay: null,
  nanoUsdPerWeek: null,
  nanoUsdPerMonth: null,
  capture: false,
};

/** `body`: the fields of `policyFields`, and `secret` to import one. Only `name` is needed. Throws `invalid_request`. */
export function readNewKey(body: unknown, now: number): NewKey {
  const fields = readBody(body, [...policyFields, "secret"]);
  if (fields.name === undefined) {
    throw invalid("name", "'name' is missing: who or what is this key for?", "缺少“name”：这个密钥给谁或做什么用？");
  }
  const policy = { ...unlimited, ...readPolicy(fields, now) };
  const secret = isCleared(fields.secret) ? undefined : fields.secret;
  return { policy, secret: secret === undefined ? null : readSecret(secret, "secret") };
}

/** The same fields, each optional; null clears a limit. */
export function readKeyChange(body: unknown, now: number): Partial<KeyPolicy> {
  const change = readPolicy(readBody(body, policyFields), now);
  if (Object.keys(change).length === 0) {
    throw new GatewayError("invalid_request", "There is nothing to change.", { zh: "没有要修改的内容。" });
  }
  return change;
}

/** `overlap`: one of `overlaps`, 24h unless said; `secret` to rotate to a string of somebody's own. */
export function readRotation(body: unknown): { overlap: Overlap; secret: string | null } {
  const fields = readBody(body ?? {}, ["overlap", "secret"]);
  const overlap = fields.overlap === undefined || isCleared(fields.overlap) ? "24h" : String(fields.overlap);
  if (!Object.hasOwn(overlaps, overlap)) throw noneOf("overlap", Object.keys(overlaps));
  const secret = fields.secret === undefined || isCleared(fields.secret) ? null : readSecret(fields.secret, "secret");
  return { overlap: overlap as Overlap, secret };
}

/** The `Idempotency-Key` of a request that makes a secret. */
export function readIdempotencyKey(text: string | null | undefined): string | null {
  if (text === null || text === undefined || text === "") return null;
  if (text.length > 255) {
    throw invalid(
      "Idempotency-Key",
      "'Idempotency-Key' has more than 255 characters.",
      "“Idempotency-Key”超过 255 个字符。",
    );
  }
  return text;
}

function readSecret(value: unknown, field: string): string {
  if (typeof value !== "string") throw noText(field);
  const reason = whyNoKey(value.trim());
  if (reason)
    throw invalid(
      field,
      `'${field}' ${reason.en}. This makes a good one: ${makesAGoodOne}`,
      `“${field}”${reason.zh}。可用此命令生成：${makesAGoodOne}`,
    );
  return value.trim();
}

function readPolicy(fields: Record<string, unknown>, now: number): Partial<KeyPolicy> {
  const policy: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(fields)) {
    const reader = readers[field];
    if (reader && value !== undefined) policy[reader.column] = reader.read(value, field, now);
  }
  return policy as Partial<KeyPolicy>;
}

interface Reader {
  column: keyof KeyPolicy;
  read(value: unknown, field: string, now: number): unknown;
}

// Nothing at all a minute would be "try again in a minute" for ever. Who shall not ask has his key disabled.
const limit = readWhole(1, 1_000_000_000_000);

const readers: Record<string, Reader> = {
  name: { column: "name", read: readName },
  note: { column: "note", read: readText(0, 1000) },
  rights: { column: "rights", read: readRights },
  models: { column: "models", read: readList(readModel) },
  networks: { column: "networks", read: readList(readNetworkField) },
  expires_at: { column: "expiresAt", read: readExpiry },
  rotate_after_days: { column: "rotateAfterDays", read: readWhole(1, 3650) },
  ...Object.fromEntries(Object.entries(limitColumns).map(([field, column]) => [field, { column, read: limit }])),
  ...Object.fromEntries(Object.entries(moneyColumns).map(([field, column]) => [field, { column, read: readMoney }])),
  capture: { column: "capture", read: readYesNo },
};

/** A name of digits would be taken for an id wherever either is. */
function readName(value: unknown, field: string): string {
  const name = readText(1, 100)(value, field);
  if (/^\d+$/.test(name))
    throw invalid(
      field,
      `'${field}' must not be a number: it would be taken for a key's id.`,
      `“${field}”不能是数字，否则会被当作密钥的编号。`,
    );
  return name;
}

function readRights(value: unknown, field: string): number {
  // A form without a tick sends an empty list.
  const given = Array.isArray(value) && value.length === 0 ? null : value;
  const rights = readList((text, at): Right => {
    if (allRights.includes(text as Right)) return text as Right;
    throw noneOf(at, allRights);
  })(given, field);
  if (rights === null) {
    const all = allRights.join(", ");
    throw invalid(field, `'${field}' must name at least one of ${all}.`, `“${field}”至少选择一项：${all}。`);
  }
  if (rights.includes("admin") && rights.includes("inference")) {
    throw invalid(
      field,
      `'${field}': a key that administers cannot spend. Make two keys.`,
      `“${field}”：管理密钥不能用于推理，请分成两个密钥。`,
    );
  }
  return bitsOf(rights);
}

/** A model's name, where `*` stands for any run of characters. */
function readModel(text: string, field: string): string {
  if (text === "" || text.length > 100 || /\s/.test(text) || hasControls(text))
    throw invalid(
      field,
      `'${field}' must be a model's name, like glm-4.6 or glm-4.*`,
      `“${field}”必须是模型名，如 glm-4.6 或 glm-4.*`,
    );
  return text;
}

function readNetworkField(text: string, field: string): string {
  const network = readNetwork(text);
  if (network === null) throw noNetwork(field);
  return network;
}

/** A day or moment as ISO 8601 says it, or a span from now: `12h`, `90d`. */
function readExpiry(value: unknown, field: string, now: number): number | null {
  if (isCleared(value)) return null;
  const span = typeof value === "string" ? /^(\d{1,5})([hd])$/.exec(value.trim()) : null;
  const at = span ? now + Number(span[1]) * (span[2] === "h" ? 3_600_000 : 86_400_000) : momentOf(value);
  if (at === null)
    throw invalid(
      field,
      `'${field}' must be a moment like 2027-01-31T12:00:00Z, or a span like 12h or 90d.`,
      `“${field}”必须是时刻，如 2027-01-31T12:00:00Z，或时长，如 12h、90d。`,
    );
  if (at <= now) throw invalid(field, `'${field}' is in the past.`, `“${field}”已是过去。`);
  if (at > now + 100 * 365 * 86_400_000)
    throw invalid(
      field,
      `'${field}' is more than a hundred years away. Leave it empty for a key that never expires.`,
      `“${field}”超过一百年之后。永不过期请留空。`,
    );
  return at;
}

function momentOf(value: unknown): number | null {
  const text = typeof value === "string" ? value.trim() : "";
  const [, day] = /^(\d{4}-\d\d-\d\d)(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?$/i.exec(text) ?? [];
  // The 30th of February would be read as the 2nd of March.
  if (day === undefined || !isDay(day)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : at;
}

function isDay(day: string): boolean {
  const at = Date.parse(day);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(day);
}

function readMoney(value: unknown, field: string): number | null {
  if (isCleared(value)) return null;
  const usd = numberOf(value);
  if (usd === null) throw invalid(field, `'${field}' must be an amount in US dollars.`, `“${field}”必须是美元金额。`);
  if (usd < 0 || usd > 1_000_000) throw notBetween(field, 0, 1_000_000);
  if (usd > 0 && usd * nanoPerUsd < 1) throw tooSmall(field, "0.000000001");
  return Math.round(usd * nanoPerUsd);
}
