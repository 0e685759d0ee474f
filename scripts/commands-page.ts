import type { UsageLine } from "~/cli/command.ts";
import { commands } from "~/cli/run.ts";

/** `docs/commands.md`: what `zgate NAME --help` says, in both languages. */
export function commandsPage(): string {
  const sections = Object.entries(commands).flatMap(([name, { summary, usage = [`zgate ${name}`] }]) => [
    `## zgate ${name}`,
    "",
    `${summary.en} · ${summary.zh}`,
    "",
    "```text",
    ...usage.flatMap(both),
    "```",
    "",
  ]);
  return [intro, ...sections].join("\n");
}

const both = (line: UsageLine): string[] => (typeof line === "string" ? [line] : [line.en, line.zh]);

const intro = `# Commands

\`zgate --help\` lists them, \`zgate COMMAND --help\` says what is here, in the language of \`LANG\`. Every command reads the
settings as the server does: the environment, and \`.env\` in the working folder; \`DATA_DIR\` says whose data is meant. While a
server runs, a command asks it by the socket in the data folder, so the two never disagree; otherwise it opens the folder
itself. With Docker: \`docker compose exec zgate zgate …\`.

Exit codes: 0 done, 1 a sentence says why not, 2 the command line makes no sense (the nearest word is suggested). \`--json\`
prints the answer for programs.
`;
