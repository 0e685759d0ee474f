/** The models that the simulated upstreams have, by each one's own ids. Kept apart from zgate's tables on purpose. */
export interface SimulatedModel {
  id: string;
  name: string;
  sees: boolean;
  /** Whether guests of the web site may use it. */
  open: boolean;
  maxTokens: number;
  /** Whether tool calls can arrive in pieces. */
  streamsTools: boolean;
  /** Whether it refuses to answer without thinking. */
  mustThink: boolean;
}

export const officialModels: SimulatedModel[] = [
  model("glm-4.5", { maxTokens: 98_304, streamsTools: false }),
  model("glm-4.5-air", { maxTokens: 98_304, streamsTools: false }),
  model("glm-4.5-x", { maxTokens: 98_304, streamsTools: false }),
  model("glm-4.5-airx", { maxTokens: 98_304, streamsTools: false }),
  model("glm-4.5-flash", { maxTokens: 98_304, streamsTools: false }),
  model("glm-4.5v", { maxTokens: 16_384, streamsTools: false, sees: true }),
  model("glm-4.6"),
  model("glm-4.6v", { maxTokens: 32_768, sees: true }),
  model("glm-4.6v-flash", { maxTokens: 32_768, sees: true }),
  model("glm-4.6v-flashx", { maxTokens: 32_768, sees: true }),
  model("glm-4.7"),
  model("glm-4.7-flash"),
  model("glm-4.7-flashx"),
  model("glm-5"),
  model("glm-5-turbo"),
  model("glm-5-code"),
  model("glm-5v-turbo", { sees: true }),
  model("glm-5.1"),
  model("glm-5.2"),
  model("glm-5.3", { mustThink: true }),
  model("glm-5.3-flash", { mustThink: true, sees: true }),
  model("glm-5.3-flashx", { mustThink: true }),
  model("glm-4-32b-0414-128k", { maxTokens: 16_384, streamsTools: false }),
];

export const webModels: SimulatedModel[] = [
  model("0727-360B-API", { name: "GLM-4.5" }),
  model("0727-106B-API", { name: "GLM-4.5-Air" }),
  model("glm-4.5v", { name: "GLM-4.5V", sees: true }),
  model("GLM-4-6-API-V1", { name: "GLM-4.6" }),
  model("glm-4.6v", { name: "GLM-4.6V", sees: true }),
  model("glm-4.7", { name: "GLM-4.7" }),
  model("glm-5", { name: "GLM-5", open: false }),
  model("GLM-5.1", { name: "GLM-5.1", open: false }),
  model("GLM-5-Turbo", { name: "GLM-5-Turbo", open: false }),
  model("GLM-5V-Turbo", { name: "GLM-5V-Turbo", open: false, sees: true }),
  model("0808-360B-DR", { name: "Z1-Rumination" }),
  model("deep-research", { name: "Z1-Rumination" }),
  model("zero", { name: "Z1-32B" }),
  model("glm-4-air-250414", { name: "GLM-4-32B" }),
  model("GLM-4.1V-Thinking-FlashX", { name: "GLM-4.1V-Thinking-FlashX", sees: true }),
  model("glm-4-flash", { name: "GLM-4-Flash" }),
];

function model(id: string, differs: Partial<SimulatedModel> = {}): SimulatedModel {
  const usual = { name: id, sees: false, open: true, maxTokens: 131_072, streamsTools: true, mustThink: false };
  return { id, ...usual, ...differs };
}
