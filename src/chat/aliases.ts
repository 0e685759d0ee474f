import { createWildcard } from "./wildcard.ts";

/** Which of a client's names stands for which model. In a pattern, `*` is any run of characters; case does not matter. */
export interface Alias {
  pattern: string;
  model: string;
}

/** What a name stands for by the first pattern that fits; undefined for one that is in no table. */
export function findAlias(name: string, aliases: readonly Alias[]): string | undefined {
  return aliases.find(({ pattern }) => createWildcard(pattern)(name.trim()))?.model;
}
