import type { UsageLine } from "~/cli/command.ts";
import { loadCommands } from "~/cli/run.ts";
import type { Language } from "~/config/text.ts";
import { twinLine } from "./settings-text.ts";

/** `docs/commands.md` and its twin: what `zgate NAME --help` says. */
export async function commandsPage(language: Language): Promise<string> {
  const said = (line: UsageLine): string => (typeof line === "string" ? line : line[language]);
  const sections = (await loadCommands()).flatMap(([name, { summary, usage = [`zgate ${name}`] }]) => [
    `## zgate ${name}`,
    "",
    summary[language],
    "",
    "```text",
    ...usage.map(said),
    "```",
    "",
  ]);
  return [title[language], "", twinLine("commands", language), "", intro[language], ...sections].join("\n");
}

const title: Record<Language, string> = { en: "# Commands", zh: "# 命令" };

const intro: Record<Language, string> = {
  en: `\`zgate --help\` lists them, \`zgate COMMAND --help\` says what is here, in the language of \`LANG\`. Every command reads the
settings as the server does: the environment, and \`.env\` in the working folder; \`DATA_DIR\` says whose data is meant. While a
server runs, a command asks it by the socket in the data folder, so the two never disagree; otherwise it opens the folder
itself. With Docker: \`docker compose exec zgate zgate …\`.

Exit codes: 0 done, 1 a sentence says why not, 2 the command line makes no sense (the nearest word is suggested). \`--json\`
prints the answer for programs.
`,
  zh: `\`zgate --help\` 列出全部命令，\`zgate 命令 --help\` 显示这里的内容，语言由 \`LANG\` 决定。每个命令与服务读取相同的设置：环境变量和当前
文件夹的 \`.env\`；\`DATA_DIR\` 指明操作哪份数据。服务运行时，命令通过数据文件夹中的套接字询问它，两者不会不一致；否则命令自行打开该文件夹。
使用 Docker：\`docker compose exec zgate zgate …\`。

退出码：0 完成，1 用一句话说明原因，2 命令行无法理解（会提示最接近的词）。\`--json\` 为程序输出结果。
`,
};
