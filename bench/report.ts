import type { Machine } from "./machine.ts";
import type { Section } from "./section.ts";

/** A run as it is kept and compared with. */
export interface Run {
  machine: Machine;
  sections: Section[];
}

/** The tables as Markdown, with what they were measured on. */
export function markdown({ machine, sections }: Run): string {
  const { date, cpu, cores, system, bun, disk, load } = machine;
  const head =
    `${date}, ${cores} × ${cpu}, ${system}, Bun ${bun}; records on ${disk.device} (${disk.filesystem}` +
    `${disk.isInMemory ? ", in memory: no disk" : ""}), \`DURABILITY=ack\`, with keys, limits and recording on. ` +
    "Each gateway has a core to itself; the load and the simulated upstream share another. " +
    `Load average of everything else on the machine when it began: ${load.toFixed(1)}.`;
  return [head, ...sections.map(table)].join("\n\n");
}

/** Values that moved by more than a tenth since the last run, a line each. */
export function compare(now: Run, last: Run): string[] {
  const before = Object.assign({}, ...last.sections.map(({ values }) => values)) as Record<string, number>;
  const lines: string[] = [];
  for (const { values } of now.sections) {
    for (const [name, value] of Object.entries(values)) {
      const old = before[name];
      if (old === undefined || !(Math.abs(value - old) > Math.abs(old) / 10)) continue;
      const percent = old === 0 ? "" : ` (${value > old ? "+" : ""}${Math.round((value / old - 1) * 100)} %)`;
      lines.push(`${name}: ${round(old)} → ${round(value)}${percent}`);
    }
  }
  return lines;
}

/** Text with what stands between two marks replaced. */
export function between(text: string, name: string, content: string): string {
  const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`];
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the marks ${start} and ${end} are not there`);
  return `${text.slice(0, from + start.length)}\n${content}\n${text.slice(to)}`;
}

function table({ title, columns, rows, notes }: Section): string {
  const isNumber = columns.map((_, at) => at > 0 && rows.some((row) => /\d/.test(row[at] ?? "")));
  const lines = [
    `**${title}**`,
    "",
    `| ${columns.join(" | ")} |`,
    `|${isNumber.map((right) => (right ? "---:" : "---")).join("|")}|`,
    ...rows.map((row) => `| ${row.join(" | ")} |`),
  ];
  return [...lines, ...(notes.length > 0 ? ["", ...notes.map((note) => `- ${note}`)] : [])].join("\n");
}

const round = (value: number): number => Number(value.toPrecision(3));
