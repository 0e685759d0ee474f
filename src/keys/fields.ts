import { GatewayError } from "~/errors.ts";

/** Field by field, what came through a form, the API or the command line: text and JSON alike. Null clears a field. */
export type FieldReader<T> = (value: unknown, field: string) => T;

export function invalid(field: string, message: string, zh: string): GatewayError {
  return new GatewayError("invalid_request", message, { param: field, zh });
}

export function noText(field: string): GatewayError {
  return invalid(field, `'${field}' must be text.`, `“${field}”必须是文本。`);
}

export function notBetween(field: string, least: number, most: number): GatewayError {
  return invalid(
    field,
    `'${field}' must be between ${least} and ${most}.`,
    `“${field}”必须在 ${least} 和 ${most} 之间。`,
  );
}

export function noneOf(field: string, choices: readonly string[]): GatewayError {
  const all = choices.join(", ");
  return invalid(field, `'${field}' must be one of ${all}.`, `“${field}”必须是以下之一：${all}。`);
}

export function tooSmall(field: string, least: string): GatewayError {
  return invalid(field, `'${field}' must be 0 or at least ${least}.`, `“${field}”必须是 0 或至少 ${least}。`);
}

export function noNetwork(field: string): GatewayError {
  const examples = "203.0.113.0/24, 2001:db8::/32";
  return invalid(
    field,
    `'${field}' must be an address or a network like 203.0.113.0/24 or 2001:db8::/32.`,
    `“${field}”必须是地址或网段，如 ${examples}。`,
  );
}

/** An object whose fields are all known; a typo in a limit's name must not leave a key without that limit. */
export function readBody(body: unknown, known: readonly string[]): Record<string, unknown> {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new GatewayError("invalid_request", "The body must be a JSON object.", { zh: "正文必须是 JSON 对象。" });
  }
  for (const field of Object.keys(body)) {
    if (known.includes(field)) continue;
    const [name, names] = [field.slice(0, 100), known.join(", ")];
    throw invalid(name, `There is no field '${name}'. Known: ${names}.`, `没有字段“${name}”。可用：${names}。`);
  }
  return body as Record<string, unknown>;
}

export function readText(shortest: number, longest: number): FieldReader<string> {
  return (value, field) => {
    if (typeof value !== "string") throw noText(field);
    const text = value.trim();
    if (text.length < shortest) throw invalid(field, `'${field}' must not be empty.`, `“${field}”不能为空。`);
    if (text.length > longest)
      throw invalid(
        field,
        `'${field}' has ${text.length} characters; at most ${longest} fit.`,
        `“${field}”有 ${text.length} 个字符，最多 ${longest} 个。`,
      );
    if (hasControls(text))
      throw invalid(
        field,
        `'${field}' must not hold control characters, nor marks that turn the direction of text.`,
        `“${field}”不能含有控制字符或改变文字方向的标记。`,
      );
    return text;
  };
}

export function readWhole(least: number, most: number): FieldReader<number | null> {
  return (value, field) => {
    if (isCleared(value)) return null;
    const number = numberOf(value);
    if (number === null || !Number.isSafeInteger(number))
      throw invalid(field, `'${field}' must be a whole number.`, `“${field}”必须是整数。`);
    if (number < least || number > most) throw notBetween(field, least, most);
    return number;
  };
}

/** Yes or no, as JSON, forms and command lines say it. Cleared is no. */
export const readYesNo: FieldReader<boolean> = (value, field) => {
  if (isCleared(value)) return false;
  const text = typeof value === "boolean" || typeof value === "string" ? String(value).trim().toLowerCase() : "";
  if (/^(true|yes|on|1)$/.test(text)) return true;
  if (/^(false|no|off|0)$/.test(text)) return false;
  throw invalid(field, `'${field}' must be true or false.`, `“${field}”必须是 true 或 false。`);
};

/**
 * A JSON array, or text cut at commas and line ends. Empty text clears the field; an empty array is refused, since whoever
 * sends one may as well mean that nothing is allowed.
 */
export function readList<T>(item: (text: string, field: string) => T, most = 100): FieldReader<T[] | null> {
  return (value, field) => {
    if (isCleared(value)) return null;
    const items = typeof value === "string" ? value.split(/[,\n]/).filter((text) => text.trim() !== "") : value;
    if (!Array.isArray(items)) throw invalid(field, `'${field}' must be a list.`, `“${field}”必须是列表。`);
    if (items.length > most)
      throw invalid(
        field,
        `'${field}' has ${items.length} entries; at most ${most} fit.`,
        `“${field}”有 ${items.length} 项，最多 ${most} 项。`,
      );
    if (items.length === 0 && typeof value !== "string")
      throw invalid(field, `'${field}' must name at least one, or be null.`, `“${field}”至少填一项，或为 null。`);
    if (items.length === 0) return null;
    return items.map((one, at) => {
      const name = `${field}[${at}]`;
      if (typeof one !== "string") throw noText(name);
      return item(one.trim(), name);
    });
  };
}

/** Text and clicks mean nothing by an empty string. */
export function isCleared(value: unknown): boolean {
  return value === null || (typeof value === "string" && value.trim() === "");
}

/** A number, or one as people write it: 0x10 and Infinity are none. Null for anything else. */
export function numberOf(value: unknown): number | null {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value !== "string" || !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value.trim())) return null;
  return Number(value);
}

/**
 * Whether a text holds what nobody sees, or what is no text: control characters, half a surrogate pair, and the marks
 * that turn the direction of text, by which one name looks like another.
 */
export function hasControls(text: string): boolean {
  return /[\p{Cc}\p{Cs}\p{Bidi_Control}]/u.test(text);
}
