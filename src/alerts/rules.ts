import { invalid, isCleared, numberOf, readBody } from "~/keys/fields.ts";

/** When an alert begins. Null: never. */
export interface Rules {
  /** How far back error rate, p95 and refusals look. */
  window_minutes: number;
  /** A share of 1, where at least so many requests were served. */
  error_rate: number | null;
  error_rate_at_least: number;
  p95_ms: number | null;
  /** A share of 1 of any budget of a key. */
  budget_share: number | null;
  upstream_down: boolean;
  key_requests_per_hour: number | null;
  /** A key's last hour against its mean one of the last week, where it has at least a hundred requests and is a day old. */
  key_times_usual: number | null;
  /** From one address within the window. */
  refusals_per_address: number | null;
  /** A share of 1 of the disk. */
  disk_free_share: number | null;
  memory_mb: number | null;
}

export const usualRules: Rules = {
  window_minutes: 15,
  error_rate: 0.2,
  error_rate_at_least: 20,
  p95_ms: null,
  budget_share: 0.9,
  upstream_down: true,
  key_requests_per_hour: null,
  key_times_usual: 10,
  refusals_per_address: 200,
  disk_free_share: 0.05,
  memory_mb: 2048,
};

/** Some rules over others, as a page or the API gives them: text and JSON alike, null or nothing switches a rule off. */
export function readRules(body: unknown, over: Rules): Rules {
  const rules: Record<string, number | boolean | null> = { ...over };
  for (const [name, value] of Object.entries(readBody(body, Object.keys(usualRules)))) {
    rules[name] = name === "upstream_down" ? readYes(value, name) : readBound(value, name);
  }
  return rules as unknown as Rules;
}

/** What each rule may be. */
const bounds: Record<Exclude<keyof Rules, "upstream_down">, [least: number, most: number]> = {
  window_minutes: [5, 1440],
  error_rate: [0, 1],
  error_rate_at_least: [1, 1e9],
  p95_ms: [1, 86_400_000],
  budget_share: [0, 1],
  key_requests_per_hour: [1, 1e9],
  key_times_usual: [1, 1e6],
  refusals_per_address: [1, 1e9],
  disk_free_share: [0, 1],
  memory_mb: [16, 1e7],
};
const needed = ["window_minutes", "error_rate_at_least"];

function readBound(value: unknown, name: string): number | null {
  const [least, most] = bounds[name as keyof typeof bounds];
  if (isCleared(value)) {
    if (needed.includes(name)) throw invalid(name, `'${name}' must be a number.`, `“${name}”必须是数字。`);
    return null;
  }
  const number = numberOf(value);
  if (number === null || !(number >= least && number <= most)) {
    throw invalid(
      name,
      `'${name}' must be a number between ${least} and ${most}.`,
      `“${name}”必须是 ${least} 到 ${most} 之间的数字。`,
    );
  }
  return number;
}

function readYes(value: unknown, name: string): boolean {
  if (value === true || value === "true" || value === "on") return true;
  if (isCleared(value) || value === false || value === "false") return false;
  throw invalid(name, `'${name}' must be true or false.`, `“${name}”必须是 true 或 false。`);
}
