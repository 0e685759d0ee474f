import type { Alias } from "~/chat/aliases.ts";
import { BadValue, type Kind } from "./kinds.ts";

/** A limit for each model, by its lower-case name; `*` stands for all that are not named. */
export type InFlightLimits = Readonly<Record<string, number>>;

/** `3`, or `glm-4.7=1,glm-4.5-air=5,*=3`. */
export const inFlightLimits: Kind<InFlightLimits> = {
  range: {
    en: "a number from 1 to 10000, or such numbers by model: glm-4.7=1,*=3",
    zh: "1 到 10000 的整数，或按模型填写：glm-4.7=1,*=3",
  },
  parse(text) {
    if (/^\d+$/.test(text)) return { "*": limit(text) };
    const limits = new Map<string, number>();
    for (const part of text.split(",")) {
      const [, model, number] = /^\s*([^\s=,]{1,200})\s*=\s*(\d+)\s*$/.exec(part) ?? [];
      if (model === undefined || limits.has(model.toLowerCase())) throw new BadValue();
      limits.set(model.toLowerCase(), limit(number!));
    }
    return Object.fromEntries(limits);
  },
};

/** `gpt-4o=glm-4.7,claude-*=glm-5`: the first pattern that fits a name counts. */
export const modelAliases: Kind<readonly Alias[]> = {
  range: {
    en: "names and what they stand for, * being any characters: gpt-4o=glm-4.7,claude-*=glm-5",
    zh: "名称与所指模型，* 代表任意字符：gpt-4o=glm-4.7,claude-*=glm-5",
  },
  parse(text) {
    return text.split(",").map((part) => {
      const [, pattern, model] = /^\s*([^\s=,]{1,200})\s*=\s*([^\s=,*]{1,200})\s*$/.exec(part) ?? [];
      if (pattern === undefined || model === undefined) throw new BadValue();
      return { pattern, model };
    });
  },
};

/** Which models answer for one that cannot, in their order, by its lower-case name. */
export type ModelChains = Readonly<Record<string, readonly string[]>>;

/** `glm-5>glm-4.7>glm-4.5-air; glm-4.6>glm-4.5-air`: each model of a chain is followed by the rest of it. */
export const modelChains: Kind<ModelChains> = {
  range: {
    en: "models joined by >, chains separated by semicolons: glm-5>glm-4.7;glm-4.6>glm-4.5-air",
    zh: "用 > 连接的模型，多条链用分号分隔：glm-5>glm-4.7;glm-4.6>glm-4.5-air",
  },
  parse(text) {
    const chains = new Map<string, string[]>();
    for (const part of text.split(";").filter((chain) => chain.trim() !== "")) {
      const models = part.split(">").map((model) => model.trim());
      if (models.length < 2 || models.some((model) => !/^\S{1,200}$/.test(model))) throw new BadValue();
      models.slice(0, -1).forEach((model, at) => {
        if (chains.has(model.toLowerCase())) throw new BadValue();
        chains.set(model.toLowerCase(), models.slice(at + 1));
      });
    }
    if (chains.size === 0) throw new BadValue();
    return Object.fromEntries(chains);
  },
};

function limit(text: string): number {
  const number = Number(text);
  if (number < 1 || number > 10_000) throw new BadValue();
  return number;
}
