import { media } from "~/chat/media.ts";
import type { UpstreamModel } from "../upstream.ts";

/** A model of the web chat, and what it takes: all media inside `content`, or none. */
export type WebModel = Required<UpstreamModel>;

/** The models that answer in a chat whose id we make up ourselves; newer ones want the site to open the chat first. */
export const webModels: readonly WebModel[] = [
  { id: "0727-360B-API", name: "GLM-4.5", media: [] },
  { id: "0727-106B-API", name: "GLM-4.5-Air", media: [] },
  { id: "glm-4.5v", name: "GLM-4.5V", media },
  { id: "GLM-4-6-API-V1", name: "GLM-4.6", media: [] },
];

/** The web chat's own id for a name in any case and spelling; null for a name that means no model. */
export function resolveWebModel(asked: string): WebModel | null {
  const name = asked.trim().toLowerCase();
  const known = byName.get(aliases[name] ?? plainSpelling(name));
  return known ?? byName.get(name) ?? null;
}

/** What a model takes, for an id that may also have come from the upstream's own list. */
export function takesMedia(id: string): boolean {
  const known = byName.get(id.toLowerCase());
  return known ? known.media.length > 0 : /\dv\b/i.test(id);
}

/** GLM-4.5V alone was never taught to call functions. */
export function takesTools(id: string): boolean {
  return id.toLowerCase() !== "glm-4.5v";
}

/** Not listed, because the site refuses them to some accounts; named, because it serves them to others. */
const unlistedModels: readonly WebModel[] = [
  { id: "glm-4.6v", name: "GLM-4.6V", media },
  { id: "glm-4.7", name: "GLM-4.7", media: [] },
  { id: "glm-5", name: "GLM-5", media: [] },
  { id: "GLM-5.1", name: "GLM-5.1", media: [] },
  { id: "GLM-5-Turbo", name: "GLM-5-Turbo", media: [] },
  { id: "GLM-5V-Turbo", name: "GLM-5V-Turbo", media },
];

/**
 * Names that the older systems took. One of them sent `GLM-4.5` and its short forms to the vision model; here they mean
 * the text model, as their users meant them.
 */
const aliases: Record<string, string> = {
  "gpt-4": "glm-4.5",
  "gpt-4-vision-preview": "glm-4.5v",
  "glm-4": "glm-4.5",
  glm4: "glm-4.5",
  glm45: "glm-4.5",
};

const byName = new Map<string, WebModel>(
  [...webModels, ...unlistedModels].flatMap((model) => [
    [model.id.toLowerCase(), model],
    [model.name.toLowerCase(), model],
  ]),
);

/** `glm_4.5v`, `glm4.5v` → `glm-4.5v`. */
function plainSpelling(name: string): string {
  return name.replaceAll("_", "-").replace(/^glm(?=\d)/, "glm-");
}
