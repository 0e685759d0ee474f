import { httpUrl } from "~/config/addresses.ts";
import { BadValue } from "~/config/kinds.ts";
import { invalid, isCleared, noneOf, readBody, readList, readText, readWhole } from "~/keys/fields.ts";
import { overlaps } from "~/keys/input.ts";
import { chooseUpstream, isOfficialKey, type UpstreamChoice, wantsOfficialKey } from "~/upstreams/choose.ts";
import { type DialectName, dialects } from "~/upstreams/upstream.ts";

/** How an upstream or a credential is asked in comparison with others. */
export interface Ranking {
  priority: number;
  weight: number;
  models: string[] | null;
}

export interface NewUpstream extends Ranking {
  name: string;
  choice: UpstreamChoice;
  /** Null for an upstream that wants none. */
  credential: NewCredential | null;
  acceptsCodingPlan: boolean;
}

export interface NewCredential extends Ranking {
  name: string;
  token: string;
  inFlight: Record<string, number> | null;
}

const rankingFields = ["priority", "weight", "models"] as const;
export const upstreamFields = ["name", "url", "dialect", ...rankingFields, "accept_coding_plan_terms"] as const;
export const credentialFields = ["name", ...rankingFields, "in_flight"] as const;

/** An upstream to be added, with its first credential where a token is there. */
export function readNewUpstream(body: unknown): NewUpstream {
  const given = readBody(body, [...upstreamFields, "token", "credential", "in_flight", "probe"]);
  const token = isMissing(given.token) ? null : readToken(given.token);
  if (token === null && readInFlight(given.in_flight) !== null)
    throw invalid(
      "in_flight",
      "'in_flight' belongs to a credential: send a 'token' as well, any text where none is needed.",
      "“in_flight”属于凭据：请同时填写“token”；不需要时填任意文本。",
    );
  const url = readUrl(given.url);
  return {
    name: readName(given.name),
    choice: chooseUpstream({ url, dialect: readDialect(given.dialect), token }),
    ...readRanking(given),
    credential: token === null ? null : { ...firstCredential(given), token },
    acceptsCodingPlan: readYes(given.accept_coding_plan_terms, "accept_coding_plan_terms"),
  };
}

/** Where an upstream is to be sought from now on; null is what was not said. */
export interface AddressChange {
  url: string | null;
  dialect: DialectName | "auto" | null;
  acceptsCodingPlan: boolean;
}

/** What is to change of an upstream: only what was said. */
export function readUpstreamChange(body: unknown): {
  words: Partial<Ranking> & { name?: string };
  address: AddressChange;
} {
  const given = readBody(body, [...upstreamFields, "probe"]);
  return {
    words: { ...(given.name !== undefined && { name: readName(given.name) }), ...readRankingChange(given) },
    address: {
      url: given.url === undefined ? null : readUrl(given.url),
      dialect: given.dialect === undefined ? null : readDialect(given.dialect),
      acceptsCodingPlan: readYes(given.accept_coding_plan_terms, "accept_coding_plan_terms"),
    },
  };
}

export function readNewCredential(body: unknown): NewCredential {
  const given = readBody(body, [...credentialFields, "token"]);
  return {
    name: readName(given.name),
    token: readToken(given.token),
    ...readRanking(given),
    inFlight: readInFlight(given.in_flight),
  };
}

export function readCredentialChange(body: unknown): Partial<Omit<NewCredential, "token">> {
  const given = readBody(body, credentialFields);
  return {
    ...(given.name !== undefined && { name: readName(given.name) }),
    ...readRankingChange(given),
    ...(given.in_flight !== undefined && { inFlight: readInFlight(given.in_flight) }),
  };
}

/** A new secret for a credential, and for how long the old one may still help out. */
export function readRotation(body: unknown): { token: string; overlapMs: number } {
  const given = readBody(body, ["token", "overlap"]);
  const overlap = isMissing(given.overlap) ? "24h" : given.overlap;
  if (typeof overlap !== "string" || !Object.hasOwn(overlaps, overlap)) throw noneOf("overlap", Object.keys(overlaps));
  return { token: readToken(given.token), overlapMs: overlaps[overlap as keyof typeof overlaps] };
}

/** Whether the address is to be tried before it is kept: yes, unless somebody says no. */
export function wantsProbe(body: unknown): boolean {
  const probe = typeof body === "object" && body !== null && "probe" in body ? body.probe : undefined;
  return isMissing(probe) || readYes(probe, "probe");
}

function firstCredential(given: Record<string, unknown>): Omit<NewCredential, "token"> {
  const name = isMissing(given.credential) ? "main" : readName(given.credential, "credential");
  return { name, priority: 10, weight: 1, models: null, inFlight: readInFlight(given.in_flight) };
}

function readRanking(given: Record<string, unknown>): Ranking {
  return { priority: 10, weight: 1, models: null, ...readRankingChange(given) };
}

function readRankingChange({ priority, weight, models }: Record<string, unknown>): Partial<Ranking> {
  return {
    ...(priority !== undefined && { priority: readWhole(0, 1000)(priority, "priority") ?? 10 }),
    ...(weight !== undefined && { weight: readWhole(1, 1000)(weight, "weight") ?? 1 }),
    ...(models !== undefined && { models: readList(readText(1, 200))(models, "models") }),
  };
}

function readName(value: unknown, field = "name"): string {
  const name = readText(1, 60)(value ?? "", field);
  if (/^\d+$/.test(name))
    throw invalid(field, `'${field}' must not be a number: a number is an id.`, `“${field}”不能是数字：数字是编号。`);
  return name;
}

function readToken(value: unknown): string {
  const token = readText(1, 8192)(value ?? "", "token");
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw invalid("token", "'token' must be visible characters without spaces.", "“token”必须是可见字符，不含空格。");
  }
  return token;
}

function readUrl(value: unknown): string {
  const text = readText(1, 2000)(value ?? "", "url");
  try {
    return httpUrl.parse(text);
  } catch (error) {
    if (!(error instanceof BadValue)) throw error;
    const { range } = httpUrl;
    const why = error.why ?? { en: "", zh: "" };
    throw invalid(
      "url",
      `'url' must be ${range.en}${why.en && `: ${why.en}`}.`,
      `“url”必须是 ${range.zh}${why.zh && `：${why.zh}`}。`,
    );
  }
}

function readDialect(value: unknown): DialectName | "auto" {
  if (isMissing(value)) return "auto";
  const found = ["auto" as const, ...dialects].find((dialect) => dialect === value);
  if (found === undefined) throw noneOf("dialect", ["auto", ...dialects]);
  return found;
}

/** `{"glm-4.7": 1, "*": 3}`, a number for every model, or the same as text: `glm-4.7=1,*=3`. */
function readInFlight(value: unknown): Record<string, number> | null {
  if (value === undefined || isCleared(value)) return null;
  if (typeof value === "number") return { "*": limit(value) };
  const pairs = typeof value === "string" ? pairsIn(value) : value;
  if (typeof pairs !== "object" || pairs === null || Array.isArray(pairs))
    throw invalid(
      "in_flight",
      "'in_flight' must be a number, or numbers by model.",
      "“in_flight”必须是数字，或按模型给出的数字。",
    );
  return Object.fromEntries(Object.entries(pairs).map(([model, number]) => [model.toLowerCase(), limit(number)]));
}

function pairsIn(text: string): Record<string, number> {
  if (/^\s*\d+\s*$/.test(text)) return { "*": Number(text) };
  return Object.fromEntries(
    text.split(/[,\n]/).map((part) => {
      const [model = "", number = ""] = part.split("=");
      return [model.trim(), Number(number)];
    }),
  );
}

function limit(value: unknown): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 1 && value <= 10_000) return value;
  throw invalid("in_flight", "'in_flight' must be numbers from 1 to 10000.", "“in_flight”必须是 1 到 10000 的数字。");
}

function readYes(value: unknown, field: string): boolean {
  if (isMissing(value) || value === false || value === "false" || value === "0" || value === "off") return false;
  if (value === true || value === "true" || value === "1" || value === "on" || value === "yes") return true;
  throw noneOf(field, ["true", "false"]);
}

const isMissing = (value: unknown): boolean => value === undefined || isCleared(value);

/** What people recognise a secret by: an official key's id is no secret, of anything else the last characters show. */
export function hintOf(token: string): string {
  if (isOfficialKey(token)) return `${token.slice(0, 4)}…${token.slice(-4)}`;
  return token.length < 12 ? "…" : `…${token.slice(-4)}`;
}

/** How a secret is shown, and whether Z.ai would be shown one that is not shaped like its keys. */
export function shapeOf(token: string, url: string): { hint: string; odd: boolean } {
  const hint = hintOf(token);
  return { hint, odd: isOdd(hint, url) };
}

/** The same of a secret that is sealed: the hints of others than Z.ai's keys begin with what is left out. */
export function isOdd(hint: string, url: string): boolean {
  return wantsOfficialKey(url) && hint.startsWith("…");
}
