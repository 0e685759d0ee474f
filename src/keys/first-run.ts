import type { OwnFile } from "~/db/secret-file.ts";

export interface FreshSecret {
  /** What it is, for whoever reads it: `API key`, `Dashboard password`. */
  label: string;
  value: string;
}

/**
 * Lines that tell the owner the secrets of a first start: on a terminal themselves, elsewhere (a log that somebody
 * collects) only the name of the file that holds them. The file goes at the first sign-in.
 */
export async function handOver(secrets: readonly FreshSecret[], isTerminal: boolean, file: OwnFile): Promise<string[]> {
  if (secrets.length === 0) return [];
  const written = secrets.map(({ label, value }) => `${label}: ${value}`);
  if (isTerminal) return [...written, "They are shown this once. Keep them."];
  // What an earlier start left there unread still holds.
  const before = file.read() ?? "";
  await file.remove();
  file.create(`${before}${written.join("\n")}\n`);
  return [
    `${secrets.map(({ label }) => label).join(" and ")}: in ${file.path}, which is removed at the first sign-in.`,
  ];
}
