import { withoutEffect } from "~/config/names.ts";
import { type Group, groups, type Setting } from "~/config/setting.ts";
import type { Language } from "~/config/text.ts";
import { type SettingKey, settingsTable } from "~/config.ts";
import { commandsPage } from "./commands-page.ts";
import { composeFile } from "./compose-file.ts";
import { dotEnvRules, intro, titles, twinLine, upstreamRules } from "./settings-text.ts";

/** The files that follow from the table of settings, and their texts. `bun scripts/settings-doc.ts` writes them. */
export const settingsFiles: Record<string, () => string | Promise<string>> = {
  "docs/settings.md": () => settingsPage("en"),
  "docs/settings.zh-CN.md": () => settingsPage("zh"),
  ".env.example": envExample,
  "compose.yaml": composeFile,
  "docs/commands.md": () => commandsPage("en"),
  "docs/commands.zh-CN.md": () => commandsPage("zh"),
};

if (import.meta.main) {
  for (const [path, text] of Object.entries(settingsFiles)) {
    await Bun.write(new URL(`../${path}`, import.meta.url), await text());
  }
}

function settingsPage(language: Language): string {
  const title = titles[language];
  const sections = groupedRows().flatMap(({ group, rows }) => [
    `## ${groups[group][language]}`,
    "",
    ...table(
      title.columns,
      rows.map((row) => settingCells(row, language)),
    ),
    "",
  ]);
  const idle = Object.entries(withoutEffect).map(([name, reason]) => [`\`${name}\``, reason[language]]);
  return [
    `# ${title.page}`,
    "",
    twinLine("settings", language),
    "",
    intro[language],
    ...sections,
    upstreamRules[language],
    dotEnvRules[language],
    `## ${title.idle}`,
    "",
    ...table(title.idleColumns, idle),
    "",
  ].join("\n");
}

function envExample(): string {
  const lines = groupedRows().flatMap(({ group, rows }) => [
    `# ===== ${groups[group].en} · ${groups[group].zh} =====`,
    "",
    ...rows.flatMap((row) => [
      `# ${row.means.en}`,
      `# ${row.means.zh}`,
      `# ${row.kind.range.en}${row.unset ? `; unset: ${row.unset.en}` : ""}`,
      // A secret's line is ready to be filled in: empty counts as unset.
      row.secret ? `${row.name}=` : `#${row.name}=${row.default ?? ""}`,
      "",
    ]),
  ]);
  return `${["# cp .env.example .env: zgate starts with this file as it is.", "# 复制为 .env 后无需修改即可启动。", "", ...lines].join("\n").trimEnd()}\n`;
}

function groupedRows(): { group: Group; rows: Setting<unknown>[] }[] {
  const rows = Object.keys(settingsTable).map((key): Setting<unknown> => settingsTable[key as SettingKey]);
  return (Object.keys(groups) as Group[]).map((group) => ({ group, rows: rows.filter((row) => row.group === group) }));
}

function settingCells(row: Setting<unknown>, language: Language): string[] {
  const names = [row.name, ...row.aliases].map((name) => `\`${name}\``);
  const fallback = [row.default === null ? "" : `\`${row.default}\``, row.unset?.[language] ?? ""].filter(Boolean);
  return [names.join("<br>"), fallback.join("<br>"), row.kind.range[language], row.means[language]];
}

function table(columns: string[], rows: string[][]): string[] {
  const line = (cells: string[]): string => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(columns), line(columns.map(() => "---")), ...rows.map(line)];
}
