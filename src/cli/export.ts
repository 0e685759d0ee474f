import { closeSync, existsSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import {
  type ExportFormat,
  type ExportPieceArgs,
  exportFormats,
  exportPiece,
  exportRequests,
} from "~/analytics/export.ts";
import { createAsking } from "~/analytics/question.ts";
import { type Filters, filterNames, none, type Scope } from "~/analytics/scope.ts";
import { systemClock } from "~/clock.ts";
import { loadConfig } from "~/config/load.ts";
import type { Settings } from "~/config.ts";
import { rangeNames, readMoment, readRange } from "~/dashboard/range.ts";
import { sync, unfinished } from "~/db/backup.ts";
import { asStartError, type Connection, databasePath } from "~/db/open.ts";
import { openToRead } from "~/db/read.ts";
import { errorKinds, StartError } from "~/errors.ts";
import { outcomes } from "~/record/record.ts";
import { isZone } from "~/ui/times.tsx";
import { BadArguments, type Flags, readArguments, show } from "./arguments.ts";
import type { Command, UsageLine, World } from "./command.ts";
import { didYouMean } from "./nearest.ts";
import { bar } from "./progress.ts";

const usage: UsageLine[] = [
  "zgate export [--out FILE] [--format csv|jsonl] [--json]",
  `             [--range ${rangeNames.join("|")}] [--from DAY] [--to DAY] [--tz ZONE]`,
  "             [--search WORDS] [--FILTER VALUE …]",
  "",
  {
    en: "Writes the requests on record, newest first, to FILE or to standard output. The server may be running.",
    zh: "将请求记录按时间倒序写入 FILE 或标准输出。服务运行时也可以执行。",
  },
  {
    en: "DAY is 2026-11-22 or 2026-11-22T14:30 in ZONE, TZ's unless told; --to takes its day along. Without: everything.",
    zh: "DAY 形如 2026-11-22 或 2026-11-22T14:30，按 ZONE 时区（默认 TZ）；--to 包含当天。不指定则导出全部。",
  },
  {
    en: `FILTER is one of ${filterNames.join(" ")}; its VALUE as the dashboard shows it, or ${none}.`,
    zh: `FILTER 可为 ${filterNames.join(" ")}；VALUE 与面板所示相同，${none} 表示没有该项。`,
  },
  {
    en: "--format: csv, or jsonl for a line of JSON each; FILE's ending tells unless told. --json says what was written as",
    zh: "--format：csv，或 jsonl（每行一个 JSON）；默认取决于 FILE 的扩展名。--json 以 JSON 说明写了什么；",
  },
  {
    en: "JSON; without FILE it means --format jsonl. A file that is there already is never overwritten.",
    zh: "不带 FILE 时等同 --format jsonl。已有文件绝不会被覆盖。",
  },
];

/** `zgate export`: what the dashboard's export writes, without a browser. */
export const exportCommand: Command = {
  summary: { en: "write requests on record as CSV or JSON Lines", zh: "将请求记录导出为 CSV 或 JSON Lines" },
  usage,
  flags: ["out", "format", "json", "range", "from", "to", "tz", "search", ...filterNames],

  run: (args, world) =>
    show(world, [], async () => {
      const { words, flags } = readArguments(args);
      if (words.length > 0)
        throw new BadArguments({
          en: `there is no place for '${words[0]}'; a file is named by --out FILE.`,
          zh: `多余的参数 '${words[0]}'；文件请用 --out FILE 指定。`,
        });
      const { settings } = loadConfig(world.env, world.envFile());
      const format = formatOf(flags);
      const connection = openToRead(databasePath(settings.dataDir));
      try {
        const wanted = { format, scope: scopeOf(flags, settings, connection), search: flags.search ?? "" };
        const pieces = exportRequests(wanted, createQuestion(connection));
        if (flags.out === undefined) return await print(world, pieces);
        const written = await save(world, resolve(flags.out), pieces, wanted.scope);
        return flags.json === undefined ? [told(written, settings)] : [JSON.stringify(written, null, 2)];
      } finally {
        connection.close();
      }
    }),
};

function formatOf({ format, out, json }: Flags): ExportFormat {
  const asked = format ?? (out === undefined && json !== undefined ? "jsonl" : undefined);
  const found = exportFormats.find((one) => (asked === undefined ? out?.endsWith(`.${one}`) : one === asked));
  if (asked !== undefined && found === undefined)
    throw new BadArguments({ en: "--format takes csv or jsonl.", zh: "--format 须为 csv 或 jsonl。" });
  return found ?? "csv";
}

/** From the first request on record to this moment, unless told otherwise. */
function scopeOf(flags: Flags, { timezone }: Settings, connection: Connection): Scope {
  const zone = flags.tz ?? timezone;
  if (!isZone(zone))
    throw new BadArguments({
      en: `'${zone}' is no time zone; write it like Asia/Shanghai.`,
      zh: `'${zone}' 不是时区，请写成 Asia/Shanghai。`,
    });
  const now = systemClock.now();
  const moment = (name: "from" | "to"): number | null => {
    const text = flags[name];
    if (text === undefined) return null;
    const at = readMoment(text, zone, name === "to");
    if (at === null)
      throw new BadArguments({
        en: `--${name} takes a day or a minute, like 2026-11-22 or 2026-11-22T14:30.`,
        zh: `--${name} 须为日期或时刻，例如 2026-11-22 或 2026-11-22T14:30。`,
      });
    return at;
  };
  const filters = filtersOf(flags, connection);
  if (flags.range !== undefined) {
    if (flags.from !== undefined || flags.to !== undefined)
      throw new BadArguments({ en: "say --range, or --from and --to.", zh: "请只用 --range，或用 --from 和 --to。" });
    if (!rangeNames.some((name) => name === flags.range)) {
      throw new BadArguments({
        en: `--range takes one of ${rangeNames.join(", ")}.`,
        zh: `--range 须为 ${rangeNames.join("、")} 之一。`,
      });
    }
    const { from, to } = readRange(new URLSearchParams({ range: flags.range }), now, zone);
    return { from, to, filters };
  }
  const oldest = connection.sqlite.query("SELECT accepted_at FROM requests ORDER BY id LIMIT 1").values()[0]?.[0];
  return { from: moment("from") ?? Number(oldest ?? now), to: moment("to") ?? now + 1, filters };
}

function filtersOf(flags: Flags, connection: Connection): Filters {
  const filters: Filters = {};
  for (const name of filterNames) {
    const value = flags[name];
    if (value === undefined) continue;
    const choices = closed[name];
    if (choices && value !== none && !choices.includes(value)) {
      const near = didYouMean(value, choices);
      throw new BadArguments({
        en: `no ${name} is called '${value}'${near.en}`,
        zh: `--${name} 没有取值 '${value}'${near.zh}`,
      });
    }
    filters[name] = name === "key" ? keyId(value, connection) : value;
  }
  return filters;
}

/** Filters whose values are known beforehand. */
const closed: Partial<Record<string, string[]>> = { outcome: Object.keys(outcomes), error: Object.keys(errorKinds) };

/** A key's id, by its id or its name; the youngest of that name. */
function keyId(key: string, { sqlite }: Connection): string {
  if (key === none || /^\d+$/.test(key)) return key;
  const found = sqlite.query("SELECT id FROM keys WHERE name = ? ORDER BY id DESC LIMIT 1").values(key)[0];
  if (found === undefined)
    throw new BadArguments({
      en: `there is no key named '${key}'; zgate keys list --all names them.`,
      zh: `没有名为 '${key}' 的密钥；zgate keys list --all 可列出全部。`,
    });
  return String(found[0]);
}

function createQuestion(connection: Connection) {
  const asking = createAsking(connection, systemClock.tick);
  return (args: ExportPieceArgs) => asking.within(systemClock.now(), (answer) => answer(exportPiece, args));
}

type Pieces = ReturnType<typeof exportRequests>;

async function print(world: World, pieces: Pieces): Promise<string[]> {
  for await (const { text } of pieces) {
    const isRead = await world.write(text).then(
      () => true,
      () => false,
    );
    // `zgate export | head` has seen enough.
    if (!isRead) break;
  }
  return [];
}

interface Written {
  path: string;
  rows: number;
  bytes: number;
}

async function save(world: World, path: string, pieces: Pieces, { from, to }: Scope): Promise<Written> {
  if (existsSync(path)) {
    throw new StartError(`${path} is there already; an export never overwrites a file`, {
      zh: `${path} 已存在；导出绝不覆盖文件`,
    });
  }
  const partial = `${path}${unfinished}`;
  const written = { path, rows: 0, bytes: 0 };
  try {
    const file = openSync(partial, "w", 0o600);
    try {
      for await (const { text, rows, backTo } of pieces) {
        writeFileSync(file, text);
        written.bytes += Buffer.byteLength(text);
        written.rows += rows;
        world.draw?.(bar(to - backTo, to - from));
      }
    } finally {
      closeSync(file);
    }
    sync(partial);
    renameSync(partial, path);
    return written;
  } catch (error) {
    rmSync(partial, { force: true });
    throw asStartError(error, path);
  } finally {
    world.draw?.("");
  }
}

function told({ path, rows, bytes }: Written, { language }: Settings): string {
  const size = `${(bytes / 1024 ** 2).toFixed(1)} MB`;
  return language === "zh" ? `${path}  （${rows} 行请求，${size}）` : `${path}  (${rows} rows of requests, ${size})`;
}
