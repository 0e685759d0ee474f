import { isSampleSecret } from "./samples.ts";
import type { Text } from "./text.ts";

/** A kind of value: how to read it, and which values it may have. */
export interface Kind<T> {
  range: Text;
  /** `text` is trimmed and never empty. Throws a BadValue. */
  parse(text: string): T;
}

/** A value outside its range; `why` is there when the range alone does not say what to do. */
export class BadValue extends Error {
  constructor(readonly why: Text | null = null) {
    super(why?.en ?? "outside its range");
  }
}

/** A value of the right form that is worth nothing: everybody knows it. */
export class SampleValue extends BadValue {}

export const yesOrNo: Kind<boolean> = {
  range: { en: "true, 1, yes, on or false, 0, no, off", zh: "true、1、yes、on 或 false、0、no、off" },
  parse(text) {
    const word = text.toLowerCase();
    if (["true", "1", "yes", "on"].includes(word)) return true;
    if (["false", "0", "no", "off"].includes(word)) return false;
    throw new BadValue();
  },
};

export function wholeNumber(least: number, most: number): Kind<number> {
  return {
    range: { en: `a whole number from ${least} to ${most}`, zh: `${least} 到 ${most} 的整数` },
    parse(text) {
      if (!/^\d{1,15}$/.test(text)) throw new BadValue();
      return within(Number(text), least, most);
    },
  };
}

/** Written in seconds, as the older systems had it; a fraction is welcome. Read as milliseconds. */
export function seconds(least: number, most: number): Kind<number> {
  return {
    range: { en: `seconds, ${least} to ${most}`, zh: `秒，${least} 到 ${most}` },
    parse(text) {
      if (!/^\d{1,9}(\.\d{1,3})?$/.test(text)) throw new BadValue();
      return Math.round(within(Number(text), least, most) * 1000);
    },
  };
}

const spanUnits: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90m`, `24h` or `7d`, read as milliseconds. */
export function span(least: number, most: number): Kind<number> {
  const told = (ms: number): string => {
    const unit = (["d", "h", "m"] as const).find((candidate) => ms % spanUnits[candidate]! === 0)!;
    return `${ms / spanUnits[unit]!}${unit}`;
  };
  return {
    range: {
      en: `a number with m, h or d (minutes, hours, days), ${told(least)} to ${told(most)}`,
      zh: `数字加 m、h 或 d（分钟、小时、天），${told(least)} 到 ${told(most)}`,
    },
    parse(text) {
      const match = /^(\d{1,6})\s*([mhd])$/i.exec(text);
      if (!match) throw new BadValue();
      return within(Number(match[1]) * spanUnits[match[2]!.toLowerCase()]!, least, most);
    },
  };
}

/** A path that begins with a slash and does not end with one. */
export const pathPrefix: Kind<string> = {
  range: {
    en: "a path like /zgate, of letters, digits, dots and dashes",
    zh: "路径，如 /zgate，由字母、数字、点和横线组成",
  },
  parse(text) {
    const path = `/${text.replace(/^\/+|\/+$/g, "")}`;
    if (!/^(\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+$/.test(path)) throw new BadValue();
    return path;
  },
};

const byteUnits: Record<string, number> = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** `32MB`, `512k` or plain bytes; a kilobyte has 1024. */
export function byteCount(least: number, most: number): Kind<number> {
  return {
    range: {
      en: `bytes, or a number with KB, MB or GB; ${inUnits(least)} to ${inUnits(most)}`,
      zh: `字节数，可带 KB、MB、GB；${inUnits(least)} 到 ${inUnits(most)}`,
    },
    parse(text) {
      const match = /^(\d{1,12})\s*([kmg]?)i?b?$/i.exec(text);
      if (!match) throw new BadValue();
      return within(Number(match[1]) * (byteUnits[(match[2] ?? "").toLowerCase()] ?? 1), least, most);
    },
  };
}

/** One of a few words, in any case; `synonyms` lead other spellings to one of them. */
export function oneOf<const W extends string>(words: readonly W[], synonyms: Record<string, W> = {}): Kind<W> {
  return {
    range: { en: words.join(", "), zh: words.join("、") },
    parse(text) {
      const word = text.toLowerCase();
      const found = words.find((candidate) => candidate.toLowerCase() === word) ?? synonyms[word];
      if (found === undefined) throw new BadValue();
      return found;
    },
  };
}

export function words(range: Text, pattern: RegExp): Kind<string> {
  return {
    range,
    parse(text) {
      if (!pattern.test(text)) throw new BadValue();
      return text;
    },
  };
}

/**
 * Something that opens a door. `remedy` is the line that makes, or says where to get, a good one. A comma is out:
 * in a header it would read as two values.
 */
export function secret(least: number, most: number, remedy: Text): Kind<string> {
  return {
    range: {
      en: `${least} to ${most} visible characters, without spaces and commas`,
      zh: `${least} 到 ${most} 个可见字符，不含空格和逗号`,
    },
    parse(text) {
      if (isSampleSecret(text)) throw new SampleValue(remedy);
      if (text.length < least || text.length > most || !/^[\x21-\x2b\x2d-\x7e]+$/.test(text))
        throw new BadValue(remedy);
      return text;
    },
  };
}

/** `name=value,other=value`, as OpenTelemetry writes headers: values are percent-encoded. */
export const headerList: Kind<Record<string, string>> = {
  range: { en: "name=value, separated by commas", zh: "name=value，以逗号分隔" },
  parse(text) {
    return Object.fromEntries(
      text.split(",").map((pair) => {
        const [, name, value] = /^\s*([!#$%&'*+.^_`|~\w-]+)\s*=\s*(\S+)\s*$/.exec(pair) ?? [];
        if (name === undefined || value === undefined || !/^[\x20-\x7e]+$/.test(decoded(value))) throw new BadValue();
        return [name.toLowerCase(), decoded(value)];
      }),
    );
  },
};

/** A password may hold any character that can be typed. */
export function password(least: number): Kind<string> {
  return {
    range: { en: `${least} to 1024 characters`, zh: `${least} 到 1024 个字符` },
    parse(text) {
      if (isSampleSecret(text)) {
        throw new SampleValue({ en: "Choose one of your own", zh: "请换成自己的密码" });
      }
      if (text.length < least || text.length > 1024) throw new BadValue();
      return text;
    },
  };
}

/** A name of the time zone database. A path or a leading colon means what the machine is set to, as for libc. */
export const timeZone: Kind<string | null> = {
  range: { en: "a time zone like Europe/Berlin or UTC", zh: "时区名称，如 Asia/Shanghai 或 UTC" },
  parse(text) {
    const name = text.replace(/^:/, "");
    if (name === "" || name.startsWith("/")) return null;
    try {
      return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone;
    } catch {
      throw new BadValue();
    }
  },
};

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    throw new BadValue();
  }
}

function within(value: number, least: number, most: number): number {
  if (value < least || value > most) throw new BadValue();
  return value;
}

function inUnits(bytes: number): string {
  const unit = (["g", "m", "k"] as const).find((candidate) => bytes % byteUnits[candidate]! === 0);
  return unit ? `${bytes / byteUnits[unit]!} ${unit.toUpperCase()}B` : `${bytes} B`;
}
