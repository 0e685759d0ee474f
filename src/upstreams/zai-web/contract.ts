import type { ToolWish } from "~/chat/tools.ts";
import type { WebMessage } from "./messages.ts";

/**
 * The tools in words, since the web chat's own `tools` field mixes them with the site's and cuts their arguments: the
 * list and the form of a call in the system message, and one line behind everything else, where models look last.
 */
export function withContract(messages: WebMessage[], wish: ToolWish): WebMessage[] {
  const [first, ...rest] = messages;
  const words = contract(wish);
  const reminder: WebMessage = { role: "system", content: remind(wish) };
  if (first?.role === "system" && typeof first.content === "string") {
    return [{ ...first, content: `${first.content}\n\n${words}` }, ...rest, reminder];
  }
  return [{ role: "system", content: words }, ...messages, reminder];
}

/** Calls in the form that the contract asks for, so that a model that reads its own history goes on in the same way. */
export function writeCalls(calls: readonly { id?: string; name: string; arguments: string }[]): string {
  const tool_calls = calls.map(({ id = "", name, arguments: json }) => ({
    id,
    type: "function",
    function: { name, arguments: json },
  }));
  return `\`\`\`json\n${JSON.stringify({ tool_calls })}\n\`\`\``;
}

function contract({ tools, mustCall, mayRepeat }: ToolWish): string {
  const example = writeCalls([{ id: "call_1", name: "<name>", arguments: "<arguments: a JSON object, as a string>" }]);
  return [
    "# Functions",
    "",
    "You may call the functions below. Each line describes one as JSON; `parameters` is the JSON Schema of its arguments.",
    "",
    ...tools.map((tool) => JSON.stringify(tool)),
    "",
    "A call is one block of exactly this form, and the answer ends behind it:",
    "",
    example,
    "",
    mayRepeat
      ? "- Calls that do not wait for each other stand in the same list, each with an id of its own."
      : "- At most one call in an answer.",
    "- Only the functions above exist. Their results come in the next message, between <tool_result> tags: never make one up.",
    mustCall
      ? `- This answer must call ${called(tools)}; words alone are not accepted.`
      : "- Where no function is needed, answer in plain words, without such a block.",
  ].join("\n");
}

function remind({ tools, mustCall }: ToolWish): string {
  const block = 'one ```json block {"tool_calls":[…]} as described above';
  if (mustCall) return `Reminder: answer with ${block} that calls ${called(tools)}, and with nothing else.`;
  return `Reminder: a function is called with ${block}; everything else is answered in words.`;
}

function called(tools: ToolWish["tools"]): string {
  return tools.length === 1 ? `\`${tools[0]!.name}\`` : "at least one of the functions";
}
