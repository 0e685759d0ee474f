import { GatewayError } from "~/errors.ts";
import type { ChatRequest } from "./chat.ts";

/** A function that the client offers the model. */
export interface ToolDefinition {
  name: string;
  description?: string;
  /** JSON Schema. */
  parameters?: Record<string, unknown>;
}

/** What a client wants of tools in one answer. */
export interface ToolWish {
  /** Those that may be called: all, or what `tool_choice` narrows them to. */
  tools: ToolDefinition[];
  /** Whether an answer without a call is none. */
  mustCall: boolean;
  /** Whether one answer may hold several calls. */
  mayRepeat: boolean;
}

/**
 * Reads `tools` and `tool_choice`; null where there is nothing to call. Tools of other types than `function` are the
 * upstream's own business. Throws `invalid_request` for a choice that cannot be honoured.
 * https://platform.openai.com/docs/guides/function-calling
 */
export function readToolWish({ tools, tool_choice, parallel_tool_calls }: ChatRequest): ToolWish | null {
  const offered = Array.isArray(tools) ? tools.flatMap(readTool) : [];
  const { names, mustCall, isNone } = readChoice(tool_choice);
  if (isNone) return null;
  const stranger = names?.find((name) => !offered.some((tool) => tool.name === name));
  if (stranger !== undefined) throw refused(`names '${stranger.slice(0, 64)}', which 'tools' does not offer`);
  if (offered.length === 0) {
    if (mustCall) throw refused("demands a call, and 'tools' offers no function");
    return null;
  }
  return {
    tools: names === null ? offered : offered.filter(({ name }) => names.includes(name)),
    mustCall,
    mayRepeat: parallel_tool_calls !== false,
  };
}

/** Whether an answer in words alone is not what the client takes. Where an upstream has tools of its own, those may do. */
export function demandsCall({ tools, tool_choice: choice }: ChatRequest): boolean {
  if (!Array.isArray(tools) || tools.length === 0 || tools.some(isOwnTool)) return false;
  if (choice === "required" || choice === "any") return true;
  if (!isObject(choice)) return false;
  const { type, mode, allowed_tools: allowed } = choice;
  if (type === "allowed_tools") return (isObject(allowed) ? allowed.mode : mode) === "required";
  return type === "function" || type === "custom" || type === "required" || type === "any";
}

const isOwnTool = (tool: unknown): boolean =>
  isObject(tool) && tool.type !== undefined && tool.type !== "function" && tool.type !== "custom";

interface Choice {
  /** Null: all. */
  names: string[] | null;
  mustCall: boolean;
  isNone: boolean;
}

function readChoice(choice: unknown): Choice {
  if (choice === undefined || choice === null || choice === "auto") return auto;
  if (choice === "none") return { ...auto, isNone: true };
  if (choice === "required" || choice === "any") return { ...auto, mustCall: true };
  if (isObject(choice)) {
    const { type, function: named, name = isObject(named) ? named.name : undefined } = choice;
    if (type === "function" && typeof name === "string") return { names: [name], mustCall: true, isNone: false };
    if (type === "allowed_tools") return readAllowed(isObject(choice.allowed_tools) ? choice.allowed_tools : choice);
    if (typeof type === "string" && type !== "function" && name === undefined) return readChoice(type);
  }
  throw refused("must be 'none', 'auto', 'required' or an object that names a function");
}

function readAllowed({ mode, tools }: Record<string, unknown>): Choice {
  const names = Array.isArray(tools) ? tools.flatMap(readTool).map(({ name }) => name) : [];
  if (names.length === 0) throw refused("allows no function");
  return { names, mustCall: mode === "required", isNone: false };
}

const auto: Choice = { names: null, mustCall: false, isNone: false };

/** Some editors send the function's fields flat, beside the type. */
function readTool(tool: unknown): ToolDefinition[] {
  if (!isObject(tool) || (tool.type !== "function" && tool.type !== undefined)) return [];
  const { name, description, parameters } = isObject(tool.function) ? tool.function : tool;
  if (typeof name !== "string" || name === "") return [];
  return [
    {
      name,
      ...(typeof description === "string" && { description }),
      ...(isObject(parameters) && { parameters }),
    },
  ];
}

function refused(expectation: string): GatewayError {
  return new GatewayError("invalid_request", `'tool_choice' ${expectation}`, { param: "tool_choice" });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
