import type { Schema } from "~/docs/schema.ts";
import type { limitColumns, moneyColumns } from "~/keys/limits.ts";
import { allRights } from "~/keys/rights.ts";

const amount = (description: string): Schema => ({ type: ["number", "null"], minimum: 0, description });
const whole = (description: string): Schema => ({ type: ["integer", "null"], minimum: 1, description });

const limitWords: Record<keyof typeof limitColumns | keyof typeof moneyColumns, Schema> = {
  requests_per_minute: whole("Requests in any sixty seconds"),
  tokens_per_minute: whole("Tokens, asked and answered, in any sixty seconds"),
  in_flight: whole("Requests at the same time"),
  tokens_per_day: whole("Tokens a calendar day"),
  tokens_per_week: whole("Tokens a week that begins on Monday"),
  tokens_per_month: whole("Tokens a calendar month"),
  usd_per_day: amount("US dollars a calendar day"),
  usd_per_week: amount("US dollars a week that begins on Monday"),
  usd_per_month: amount("US dollars a calendar month"),
};

const policy: Record<string, Schema> = {
  name: { type: "string", minLength: 1, maxLength: 100, description: "Who or what the key is for" },
  note: { type: "string", maxLength: 1000 },
  rights: {
    type: "array",
    items: { enum: allRights },
    description: "inference unless said; admin and inference never together",
  },
  models: {
    type: ["array", "null"],
    items: { type: "string" },
    description: "Models it may use; * stands for any characters",
  },
  networks: {
    type: ["array", "null"],
    items: { type: "string" },
    description: "Addresses and networks it may be used from",
  },
  expires_at: {
    type: ["string", "null"],
    description: "A moment (2027-01-31T12:00:00Z) or a span from now (12h, 90d)",
  },
  rotate_after_days: whole("Days after which lists and metrics ask for a rotation"),
  ...limitWords,
  capture: {
    type: "boolean",
    description: "Whether the bodies of its requests and answers are kept for CAPTURE_DAYS; off unless said",
  },
};

const secret: Schema = {
  type: "string",
  minLength: 20,
  description: "A string of your own to import; left out, zgate makes one",
};

export const newKeySchema: Schema = { type: "object", required: ["name"], properties: { ...policy, secret } };
export const keyChangeSchema: Schema = { type: "object", properties: policy, description: "null clears a limit" };
export const rotationSchema: Schema = {
  type: "object",
  properties: {
    overlap: { enum: ["0", "1h", "24h", "7d", "30d"], default: "24h", description: "How long the old secret lives on" },
    secret,
  },
};
export const pauseSchema: Schema = {
  type: "object",
  properties: { message: { type: "string", maxLength: 500, description: "What those who ask are told" } },
};
export const blockSchema: Schema = {
  type: "object",
  required: ["network"],
  properties: {
    network: { type: "string", description: "203.0.113.7, 203.0.113.0/24, 2001:db8::/32" },
    note: { type: "string" },
  },
};
export const priceSchema: Schema = {
  type: "object",
  required: ["input", "output"],
  description: "Amounts for a million tokens",
  properties: {
    currency: { enum: ["USD", "CNY"], default: "USD" },
    input: { type: "number" },
    cached: { type: "number", description: "As input unless said" },
    output: { type: "number" },
  },
};
