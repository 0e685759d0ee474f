import type { ToolCall } from "./chat.ts";

/**
 * Puts the fragments of one answer's tool calls into the order that clients live by: a number of its own for each call,
 * id and name once and in its first fragment, arguments that are JSON in the end. Upstreams leave the number out, give
 * two calls the same one, repeat names in every fragment, or change the id on the way.
 */
export interface CallOrder {
  /** How many calls have been named. */
  readonly count: number;
  edit(fragments: readonly ToolCall[]): ToolCall[];
  /** What is still missing when the answer is over: arguments for calls that came without any. */
  complete(): ToolCall[];
}

/** @param answerId makes ids for calls that came without one */
export function createCallOrder(answerId: string): CallOrder {
  const byId = new Map<string, OrderedCall>();
  const byPlace = new Map<number, OrderedCall>();
  let last: OrderedCall | null = null;
  const named: OrderedCall[] = [];

  function find({ index, id, function: called }: ToolCall): OrderedCall {
    const known = id ? byId.get(id) : undefined;
    if (known) return known;
    const before = typeof index === "number" ? byPlace.get(index) : last;
    if (before && !isAnother(before, id, called?.name, textOf(called?.arguments))) return before;
    return { index: -1, id: id || null, name: "", text: "" };
  }

  function editOne(fragment: ToolCall): ToolCall[] {
    const call = find(fragment);
    const { index: place, id, function: called } = fragment;
    last = call;
    if (typeof place === "number") byPlace.set(place, call);
    if (id) byId.set(id, call);
    const more = textOf(called?.arguments);
    call.text += more;
    if (call.index >= 0) return more === "" ? [] : [{ index: call.index, function: { arguments: more } }];

    // A call that nobody can name yet is told when its name has come.
    if (!called?.name) return [];
    call.name = called.name;
    call.index = named.length;
    named.push(call);
    call.id ??= id || madeId(answerId, call.index);
    const { index, id: own, text } = call;
    return [{ ...fragment, index, id: own, type: "function", function: { ...called, arguments: text } }];
  }

  return {
    get count() {
      return named.length;
    },
    edit: (fragments) => fragments.flatMap(editOne),
    complete() {
      return named
        .filter(({ text }) => text.trim() === "")
        .map((call) => {
          call.text = "{}";
          return { index: call.index, function: { arguments: "{}" } };
        });
    },
  };
}

/** The same for the calls of a whole message; absent where there are none. */
export function completeCalls(calls: readonly ToolCall[] | null | undefined, answerId: string): ToolCall[] | undefined {
  const complete = (calls ?? [])
    .filter((call) => call.function?.name)
    .map(({ index: _, ...call }, i): ToolCall => {
      const text = textOf(call.function?.arguments);
      const id = call.id || madeId(answerId, i);
      return {
        ...call,
        id,
        type: "function",
        function: { ...call.function, arguments: text.trim() === "" ? "{}" : text },
      };
    });
  return complete.length > 0 ? complete : undefined;
}

interface OrderedCall {
  /** Ours; -1 while it has no name. */
  index: number;
  id: string | null;
  name: string;
  /** The arguments so far. */
  text: string;
}

/** Whether a fragment with a name begins another call than the one that stands at its place. */
function isAnother({ id, name, text }: OrderedCall, newId?: string, newName?: string, more = ""): boolean {
  if (!newName || name === "") return false;
  if (newName !== name) return true;
  const isWhole = isObject(text);
  if (newId && id && newId !== id) return text === "" || isWhole;
  return isWhole && more.trim() !== "";
}

// The wire says a JSON text; some documentation, and some upstreams with it, an object.
function textOf(said: unknown): string {
  if (typeof said === "string") return said;
  return said === undefined || said === null ? "" : JSON.stringify(said);
}

function madeId(answerId: string, index: number): string {
  return `call_${answerId.replace(/^chatcmpl-/, "")}_${index}`;
}

function isObject(json: string): boolean {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null;
  } catch {
    return false;
  }
}
