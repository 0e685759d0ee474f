/** A GLM model as all of zgate knows it. Dialects map these to their own ids. */
export interface ChatModel {
  /** The official id, and what `/v1/models` lists. */
  id: string;
  /** Tokens that fit, question and answer together. */
  context: number;
  /** Tokens that one answer may have. */
  maxOutput: number;
  /** What it takes besides text. */
  media: readonly ("image" | "video" | "file")[];
  tools: boolean;
  /** `switch`: the client may turn thinking off; `always`: it may not; `never`: the model does not think. */
  thinking: "switch" | "always" | "never";
  aliases?: readonly string[];
}

const k128 = 131_072;
const k200 = 204_800;
const m1 = 1_048_576;
const seeing = ["image", "video", "file"] as const;

/** As of September 2026: https://docs.z.ai/guides/overview/pricing and the models' own pages. */
export const chatModels: readonly ChatModel[] = [
  { id: "glm-5.3", context: m1, maxOutput: k128, media: [], tools: true, thinking: "always" },
  { id: "glm-5.3-flash", context: m1, maxOutput: k128, media: ["image", "video"], tools: true, thinking: "always" },
  { id: "glm-5.3-flashx", context: m1, maxOutput: k128, media: ["image", "video"], tools: true, thinking: "always" },
  { id: "glm-5.2", context: m1, maxOutput: k128, media: [], tools: true, thinking: "switch" },
  { id: "glm-5.1", context: k200, maxOutput: k128, media: [], tools: true, thinking: "switch" },
  { id: "glm-5", context: k200, maxOutput: k128, media: [], tools: true, thinking: "switch" },
  { id: "glm-5-turbo", context: k200, maxOutput: k128, media: [], tools: true, thinking: "switch" },
  { id: "glm-5-code", context: k200, maxOutput: k128, media: [], tools: true, thinking: "switch" },
  { id: "glm-5v-turbo", context: k200, maxOutput: k128, media: seeing, tools: true, thinking: "switch" },
  { id: "glm-4.7", context: k200, maxOutput: k128, media: [], tools: true, thinking: "switch" },
  { id: "glm-4.7-flashx", context: k200, maxOutput: k128, media: [], tools: true, thinking: "switch" },
  { id: "glm-4.7-flash", context: k200, maxOutput: k128, media: [], tools: true, thinking: "switch" },
  {
    id: "glm-4.6",
    context: k200,
    maxOutput: k128,
    media: [],
    tools: true,
    thinking: "switch",
    aliases: ["glm-4-6-api-v1"],
  },
  { id: "glm-4.6v", context: k128, maxOutput: 32_768, media: seeing, tools: true, thinking: "switch" },
  { id: "glm-4.6v-flashx", context: k128, maxOutput: 32_768, media: seeing, tools: true, thinking: "switch" },
  { id: "glm-4.6v-flash", context: k128, maxOutput: 32_768, media: seeing, tools: true, thinking: "switch" },
  {
    id: "glm-4.5",
    context: k128,
    maxOutput: 98_304,
    media: [],
    tools: true,
    thinking: "switch",
    aliases: ["0727-360b-api", "glm4.5", "glm_4.5", "gpt-4"],
  },
  { id: "glm-4.5-x", context: k128, maxOutput: 98_304, media: [], tools: true, thinking: "switch" },
  {
    id: "glm-4.5-air",
    context: k128,
    maxOutput: 98_304,
    media: [],
    tools: true,
    thinking: "switch",
    aliases: ["0727-106b-api"],
  },
  { id: "glm-4.5-airx", context: k128, maxOutput: 98_304, media: [], tools: true, thinking: "switch" },
  { id: "glm-4.5-flash", context: k128, maxOutput: 98_304, media: [], tools: true, thinking: "switch" },
  {
    id: "glm-4.5v",
    context: 65_536,
    maxOutput: 16_384,
    media: seeing,
    tools: false,
    thinking: "switch",
    aliases: ["glm4.5v", "glm_4.5v", "gpt-4-vision-preview"],
  },
  { id: "glm-4-32b-0414-128k", context: k128, maxOutput: 16_384, media: [], tools: true, thinking: "never" },
];

const byName = new Map(
  chatModels.flatMap((model) => [model.id, ...(model.aliases ?? [])].map((name) => [name, model])),
);

/** By id or alias, in any case; null for a stranger. */
export function findModel(name: string): ChatModel | null {
  return byName.get(name.trim().toLowerCase()) ?? null;
}
