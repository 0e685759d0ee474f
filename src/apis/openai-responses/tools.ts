import type { GatewayError } from "~/errors.ts";
import { withoutBlanks } from "../house.ts";
import { invalid, isObject } from "../json.ts";

type Fields = Record<string, unknown>;

/** A function that the client runs: by the client's names for it, and by the only one that the house has. */
interface Offered {
  name: string;
  namespace: string | null;
  houseName: string;
  definition: Fields;
}

/**
 * The functions of a request, those in namespaces among them. Tools that run at OpenAI, or that only its models know,
 * are left out: a model cannot call what nobody would run.
 */
export function functionsIn({ tools }: Fields): Offered[] {
  if (!Array.isArray(tools)) return [];
  const found = tools.filter(isObject).flatMap((tool): Omit<Offered, "houseName">[] => {
    if (tool.type === "function") return [{ name: `${tool.name}`, namespace: null, definition: tool }];
    if (tool.type !== "namespace" || !Array.isArray(tool.tools)) return [];
    const inside = tool.tools.filter(isObject).filter(({ type }) => type === "function");
    return inside.map((definition) => ({ name: `${definition.name}`, namespace: `${tool.name}`, definition }));
  });
  return found.map((one) => ({ ...one, houseName: houseName(one, found) }));
}

export function chatTool({ houseName: name, definition }: Offered): Fields {
  const { description, parameters, strict } = definition;
  const isStrict = strict === true ? true : null;
  return { type: "function", function: withoutBlanks({ name, description, parameters, strict: isStrict }) };
}

/** How the house calls what an item of an earlier turn called. */
export function houseNameOf({ name, namespace = null }: Fields, offered: readonly Offered[]): unknown {
  return offered.find((one) => one.name === name && one.namespace === namespace)?.houseName ?? name;
}

/** How the client calls what the model called. */
export function clientNameOf(called: string, { tools }: Fields): { name: string; namespace?: string } {
  if (!Array.isArray(tools) || !tools.some((tool) => isObject(tool) && tool.type === "namespace"))
    return { name: called };
  const found = functionsIn({ tools }).find(({ houseName }) => houseName === called);
  if (!found || found.namespace === null) return { name: called };
  return { name: found.name, namespace: found.namespace };
}

/** `tools` and `tool_choice` as a choice that is right comes to: fewer tools say the same to an upstream that knows no more. */
export function chosenTools(choice: unknown, offered: readonly Offered[]): Fields {
  if (!isObject(choice)) return { tools: offered.map(chatTool), tool_choice: choice };
  if (choice.type === "allowed_tools") {
    const allowed = offered.filter((one) => allowedIn(choice).some((tool) => isMeant(tool, one)));
    return { tools: allowed.map(chatTool), tool_choice: choice.mode === "required" ? "required" : "auto" };
  }
  const meant = offered.find((one) => isMeant(choice, one));
  return {
    tools: offered.map(chatTool),
    tool_choice: meant && { type: "function", function: { name: meant.houseName } },
  };
}

/** What is wrong with a choice where only functions can be called; null where nothing is. */
export function wrongChoice(choice: unknown, offered: readonly Offered[]): GatewayError | null {
  if (choice === undefined || choice === null || choice === "auto" || choice === "none") return null;
  if (choice === "required") {
    return offered.length > 0
      ? null
      : invalid("tool_choice", `demands a call, and 'tools' offers no function: ${only}`);
  }
  if (!isObject(choice))
    return invalid("tool_choice", "must be none, auto, required or an object that names a function");
  if (choice.type === "function") return wrongName(choice, "tool_choice", offered);
  if (choice.type !== "allowed_tools") {
    return invalid("tool_choice.type", `is '${`${choice.type}`.slice(0, 40)}', and ${only}`);
  }
  const named = Array.isArray(choice.tools) ? choice.tools.entries() : [];
  let count = 0;
  for (const [i, tool] of named) {
    if (!isObject(tool) || tool.type !== "function") continue;
    const wrong = wrongName(tool, `tool_choice.tools[${i}]`, offered);
    if (wrong !== null) return wrong;
    count++;
  }
  return count > 0 ? null : invalid("tool_choice.tools", `allows no function, and ${only}`);
}

const only = "behind this upstream only functions can be called";

/** The longest name that upstreams take. */
const longestName = 64;

/** A function's own name, which models know best, unless two go by it. */
function houseName(
  { name, namespace }: Pick<Offered, "name" | "namespace">,
  all: readonly Pick<Offered, "name">[],
): string {
  const isUnique = namespace === null || all.filter((one) => one.name === name).length === 1;
  return isUnique ? name : `${namespace}__${name}`.slice(-longestName);
}

const allowedIn = ({ tools }: Fields): Fields[] =>
  Array.isArray(tools) ? tools.filter(isObject).filter(({ type }) => type === "function") : [];

/** A choice may leave the namespace out. */
const isMeant = ({ name, namespace = null }: Fields, one: Offered): boolean =>
  one.name === name && (namespace === null || one.namespace === namespace);

function wrongName(tool: Fields, path: string, offered: readonly Offered[]): GatewayError | null {
  if (offered.some((one) => isMeant(tool, one))) return null;
  return invalid(`${path}.name`, `names '${`${tool.name}`.slice(0, 64)}', a function that 'tools' does not offer`);
}
