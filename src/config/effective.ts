import { type SettingKey, type Settings, settingsTable } from "~/config.ts";
import type { Source, Sources } from "./load.ts";
import { type Group, groups, type Setting } from "./setting.ts";

/** One line of the table of effective settings. */
export interface EffectiveSetting {
  name: string;
  group: Group;
  /** As a person would write it; of a secret only whether there is one. */
  value: string;
  /** `default` where nobody remembers. */
  from: Source["from"];
}

/** What zgate runs with, secrets masked, in the order of the table. */
export function effectiveSettings(settings: Settings, sources?: Sources): EffectiveSetting[] {
  const keys = Object.keys(settingsTable) as SettingKey[];
  return Object.keys(groups).flatMap((group) =>
    keys
      .filter((key) => settingsTable[key].group === group)
      .map((key) => ({
        name: settingsTable[key].name,
        group: settingsTable[key].group,
        value: shown(key, settings),
        from: sources?.[key].from ?? "default",
      })),
  );
}

function shown(key: SettingKey, settings: Settings): string {
  const row: Setting<unknown> = settingsTable[key];
  const value = settings[key];
  if (row.secret) return value === null ? "-" : "********";
  if (key === "upstreamUrl") return settings.upstream.url;
  if (key === "upstreamDialect") return settings.upstream.dialect;
  if (value === null) return "-";
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.join(", ");
  if (key.endsWith("Ms")) return `${Number(value) / 1000} s`;
  return String(value);
}
