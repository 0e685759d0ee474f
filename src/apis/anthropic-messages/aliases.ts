/** Which of Claude's names stands for which model. In a pattern, `*` is any run of characters; case does not matter. */
export interface Alias {
  pattern: string;
  model: string;
}

/**
 * What Z.ai itself takes Claude's names for. The first pattern that fits counts, so an owner's own table goes before it.
 * https://docs.z.ai/devpack/faq
 */
export const claudeAliases: readonly Alias[] = [
  { pattern: "*haiku*", model: "glm-4.5-air" },
  { pattern: "claude-*", model: "glm-4.7" },
  { pattern: "opus*", model: "glm-4.7" },
  { pattern: "sonnet*", model: "glm-4.7" },
];

/** What a name stands for; undefined for one that is in no table. */
export function findAlias(name: string, aliases: readonly Alias[]): string | undefined {
  return aliases.find(({ pattern }) => expressionOf(pattern).test(name.trim()))?.model;
}

function expressionOf(pattern: string): RegExp {
  return new RegExp(`^${RegExp.escape(pattern).replaceAll("\\*", ".*")}$`, "i");
}
