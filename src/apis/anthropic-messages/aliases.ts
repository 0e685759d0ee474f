import type { Alias } from "~/chat/aliases.ts";

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
