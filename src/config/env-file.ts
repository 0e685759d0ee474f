import type { Text } from "./text.ts";

export interface EnvFile {
  values: Map<string, string>;
  /** Lines that other readers of the same file would understand otherwise; each names its line and what to write. */
  problems: Text[];
}

/**
 * Reads a `.env` so that zgate, systemd's `EnvironmentFile=` and Docker's `--env-file` all see the same values.
 * They agree on little, so what they read differently is refused:
 *
 * - `KEY=value`, one a line; a comment is a line of its own that begins with `#`. `$` and `#` inside a value stay.
 * - A value may stand in quotes, which Docker hands on as they are: `unquote` takes them off later, wherever it came from.
 * - Space around a value is cut, here and from the environment.
 *
 * https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#EnvironmentFile=
 * https://docs.docker.com/reference/cli/docker/container/run/#env
 */
export function parseEnvFile(text: string): EnvFile {
  const file: EnvFile = { values: new Map(), problems: [] };
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const problem = readLine(line, index + 1, file);
    if (problem) file.problems.push(atLine(index + 1, problem));
  }
  return file;
}

/**
 * The value inside a pair of quotes, or the value itself; null for quotes that each reader takes apart in its own way.
 * Within single quotes everything but a single quote may stand, within double quotes neither `"` nor a backslash.
 */
export function unquote(value: string): string | null {
  const trimmed = value.trim();
  if (!/^['"]/.test(trimmed)) return trimmed;
  const match = /^(?:'([^']*)'|"([^"\\]*)")$/.exec(trimmed);
  if (!match) return null;
  const inner = (match[1] ?? match[2] ?? "").trim();
  // systemd takes the outer quotes off before we see the value, so a second pair would be taken off in one place only.
  return /^['"]/.test(inner) ? null : inner;
}

export const quoteRule: Text = {
  en: "a value that begins with a quote must end with the same one, with no such quote inside, no backslash in double quotes and no second pair",
  zh: "以引号开头的值必须以同样的引号结尾，中间不能再有该引号，双引号内不能有反斜杠，也不能套两层引号",
};

function readLine(line: string, at: number, file: EnvFile): Text | null {
  const trimmed = line.replace(/^[ \t]+|[ \t]+$/g, "");
  if (trimmed === "") return null;
  if (trimmed.startsWith("#")) return trimmed.endsWith("\\") ? commentContinues : null;
  // In front of a comment the mark does no harm: no reader finds a setting there.
  if (at === 1 && trimmed.startsWith("\uFEFF")) return /^\uFEFF\s*(#|$)/.test(trimmed) ? null : byteOrderMark;
  if (/^export\s/.test(trimmed)) return exportWord;
  const equals = trimmed.indexOf("=");
  const name = trimmed.slice(0, equals);
  if (equals < 1 || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return noName;
  const rest = trimmed.slice(equals + 1);
  const written = rest.trim();
  const problem = valueProblem(rest, written);
  if (problem) return problem;
  const earlier = file.values.get(name);
  if (earlier !== undefined && earlier !== written) return setAgain(name);
  file.values.set(name, written);
  return null;
}

function valueProblem(rest: string, written: string): Text | null {
  if (unreadable.test(written)) return notText;
  if (/^['"]/.test(written)) return unquote(written) === null ? quoteRule : null;
  if (written.includes("\\")) return backslash;
  // `#abc` right behind the `=` is a value for everybody; behind a space it is a comment for half of the readers.
  return /\s#/.test(rest) ? commentBehind : null;
}

function atLine(at: number, text: Text): Text {
  return { en: `.env line ${at}: ${text.en}`, zh: `.env 第 ${at} 行：${text.zh}` };
}

// Not every reader lets the last line win.
function setAgain(name: string): Text {
  return {
    en: `${name} is set a second time, to something else; keep one of the two lines`,
    zh: `${name} 被重复设置为不同的值；请只保留一行`,
  };
}

const commentContinues: Text = {
  en: "this comment ends with a backslash, and systemd would swallow the next line; take the backslash away",
  zh: "注释以反斜杠结尾，systemd 会吞掉下一行；请去掉反斜杠",
};
const byteOrderMark: Text = {
  en: "the file begins with a byte order mark, and systemd would not know this name; save it as UTF-8 without one",
  zh: "文件以 BOM 开头，systemd 会认不出该名称；请存为不带 BOM 的 UTF-8",
};
const exportWord: Text = {
  en: "systemd and Docker do not know the word export; write NAME=value",
  zh: "systemd 和 Docker 不认识 export；请写成 NAME=value",
};
const noName: Text = {
  en: "this is not NAME=value: the name has letters, digits and _ only, with no space before the =",
  zh: "不是 NAME=value 的形式：名称只能含字母、数字和 _，等号前不能有空格",
};
/** Control characters, and what a decoder puts where bytes are no UTF-8. */
const unreadable = /[\p{Cc}\uFFFD]/u;
const notText: Text = {
  en: "this value holds something that is not text (a control character, or bytes that are not UTF-8)",
  zh: "该值含有非文本内容（控制字符，或不是 UTF-8 的字节）",
};
const backslash: Text = {
  en: "systemd would drop the backslash and Docker keep it; put the value into 'single quotes'",
  zh: "systemd 会丢掉反斜杠而 Docker 会保留；请把值放进 '单引号'",
};
const commentBehind: Text = {
  en: "a comment behind a value is part of the value for systemd and Docker; give it a line of its own, or put the value into 'single quotes'",
  zh: "systemd 和 Docker 会把值后面的注释当作值的一部分；请把注释另起一行，或把值放进 '单引号'",
};
