import type { GatewayError } from "~/errors.ts";
import { invalid, isObject } from "../json.ts";
import { isOwnTool } from "./check.ts";

type Fields = Record<string, unknown>;

/**
 * What a checked request asks for that only an upstream's own door can give, as the refusal that names it; null where a
 * translation says all of it.
 */
export function findUntold(body: Fields): GatewayError | null {
  return wrongChoice(body) ?? elsewhere.find(({ field }) => isThere(body[field]))?.refusal() ?? null;
}

/** A tool that runs at Anthropic can be left out, but neither demanded nor called by somebody else. */
function wrongChoice({ tools, tool_choice: choice }: Fields): GatewayError | null {
  if (!isObject(choice) || choice.type === "auto" || choice.type === "none") return null;
  const all = Array.isArray(tools) ? tools.filter(isObject) : [];
  const functions = all.filter((tool) => !isOwnTool(tool));
  if (choice.type === "any") {
    return functions.length > 0
      ? null
      : invalid("tool_choice", "demands a call, and 'tools' offers none that the client itself runs");
  }
  if (functions.some(({ name }) => name === choice.name)) return null;
  const isOwn = all.some(({ name }) => name === choice.name);
  const what = isOwn ? "which runs at Anthropic and not behind this upstream" : "which 'tools' does not offer";
  return invalid("tool_choice.name", `names '${`${choice.name}`.slice(0, 64)}', ${what}`);
}

/** What Anthropic itself would connect to or run. */
const elsewhere = ["mcp_servers", "container"].map((field) => ({
  field,
  refusal: () => invalid(field, "is used by Anthropic's own servers: it does not exist behind this upstream"),
}));

const isThere = (value: unknown): boolean =>
  value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);
