import type { Text } from "~/config/text.ts";
import { type Say, sayIn } from "~/ui/say.ts";
import { BadArguments, type Flags, hasNo, lacks, readArguments, show, tooManyWords } from "./arguments.ts";
import { type Command, languageOfWorld, type World } from "./command.ts";

/** One thing that a command of many does: `zgate keys rotate laptop`. */
export interface Action<Name extends string> {
  /** Which of the owner's commands it runs. */
  command: Name;
  /** What stands behind the action's word; null for nothing. */
  needs: Text | null;
  /** It may stand there, and need not. */
  isOptional?: true;
  takesTwo?: true;
  args(first: string, flags: Flags, second: string): Record<string, unknown>;
  /** The answer for people; programs ask for `--json`. */
  lines(answer: unknown, say: Say): string[];
}

export interface Actions<Name extends string> extends Pick<Command, "summary" | "flags"> {
  name: string;
  /** What it does where nobody says; null: it has to be said. */
  usual: string | null;
  usage: NonNullable<Command["usage"]>;
  /** By their words; asked for when the command runs, so that they may stand below it. */
  actions(): Record<string, Action<Name>>;
  call(world: World, command: Name, args: Record<string, unknown>): Promise<unknown>;
}

/** A command whose first word says what to do. */
export function createActions<Name extends string>(parts: Actions<Name>): Command {
  const { name, usual, summary, usage, flags = [], call } = parts;
  return {
    summary,
    usage,
    flags: [...flags, "json"],
    run: (args, world) =>
      show(world, usage, async () => {
        const { words, flags } = readArguments(args);
        const actions = parts.actions();
        const [word = usual, first, ...more] = words;
        if (word === null) throw new BadArguments(whatToDo(name));
        const action = Object.hasOwn(actions, word) ? actions[word] : undefined;
        if (!action) throw new BadArguments(hasNo(name, word, Object.keys(actions)));
        const takes = action.takesTwo ? 1 : 0;
        if (action.needs !== null && (first === undefined || more.length < takes))
          throw new BadArguments(lacks(`${name} ${word}`, action.needs));
        if (more.length > takes || (action.needs === null && first !== undefined && !action.isOptional))
          throw new BadArguments(tooManyWords);
        const { json, ...rest } = flags;
        const answer = await call(world, action.command, action.args(first ?? "", rest, more[0] ?? ""));
        if (json !== undefined) return [JSON.stringify(answer, null, 2)];
        return action.lines(answer, sayIn(languageOfWorld(world)));
      }),
  };
}

function whatToDo(name: string): Text {
  return { en: `zgate ${name} needs to know what to do.`, zh: `请说明 zgate ${name} 要做什么。` };
}
