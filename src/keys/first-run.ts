import type { Language, Text } from "~/config/text.ts";
import type { OwnFile } from "~/db/secret-file.ts";

export interface FreshSecret {
  /** What it is, for whoever reads it. */
  label: Text;
  value: string;
}

/**
 * Lines that tell the owner the secrets of a first start: on a terminal themselves, elsewhere (a log that somebody
 * collects) only the name of the file that holds them. The file goes at the first sign-in.
 */
export async function handOver(
  secrets: readonly FreshSecret[],
  isTerminal: boolean,
  file: OwnFile,
  language: Language,
): Promise<string[]> {
  if (secrets.length === 0) return [];
  const written = secrets.map(({ label, value }) => `${label[language]}: ${value}`);
  if (isTerminal) return [...written, shownOnce[language]];
  // What an earlier start left there unread still holds.
  const before = file.read() ?? "";
  await file.remove();
  file.create(`${before}${written.join("\n")}\n`);
  const labels = secrets.map(({ label }) => label[language]).join(language === "zh" ? "、" : " and ");
  return [`${labels}: ${inFile(file.path)[language]}`];
}

const shownOnce: Text = { en: "They are shown this once. Keep them.", zh: "以上内容只显示这一次，请妥善保存。" };

const inFile = (path: string): Text => ({
  en: `in ${path}, which is removed at the first sign-in.`,
  zh: `已写入 ${path}，首次登录后自动删除。`,
});
