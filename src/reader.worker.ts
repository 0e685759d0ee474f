/**
 * The reader's thread: one connection that cannot write, which answers questions and makes the dashboard's pages of them,
 * one after the other. It stands aside for the thread that carries traffic.
 */
import type { Asked, Message, Replied, Said } from "~/analytics/protocol.ts";
import { type Answer, createAsking, type Question } from "~/analytics/question.ts";
import { type AnswerOf, type ArgsOf, type QuestionName, questions } from "~/analytics/questions.ts";
import type { Asking } from "~/analytics/reader.ts";
import { createRests } from "~/analytics/rest.ts";
import { comeForward, helperThreads, ownThread, standAside, standBack } from "~/background.ts";
import type { Made } from "~/dashboard/made.ts";
import { openReadOnly } from "~/db/open.ts";

declare const self: Worker;

const thread = ownThread();
const say = (said: Said) => self.postMessage(said);

standBack();

let asking: ReturnType<typeof createAsking> | null = null;
let sharesCore = false;
let turn = Promise.resolve();
/** Those that wait for their turn. */
let inLine = 0;
const restAfter = createRests(() => performance.now());

self.onmessage = ({ data }: MessageEvent<Message>) => {
  if ("open" in data) {
    say({ thread });
    sharesCore = data.sharesCore;
    // Long before there is work: one that stands aside only then keeps the core until the clock's next tick.
    if (sharesCore) standAside(thread);
    asking = createAsking(openReadOnly(data.open), () => performance.now());
  } else {
    inLine++;
    turn = turn.then(() => take(data));
  }
};

async function take(asked: Asked): Promise<void> {
  inLine--;
  if (!sharesCore) return say({ ...(await reply(asked)), restMs: 0 });
  // What the runtime does for this thread, part of it a little later, would be in the way of streams as well.
  if (asked.isShared) standAside([...thread, ...helperThreads()]);
  else comeForward(thread);
  const began = process.threadCpuUsage();
  const replied = await reply(asked);
  const { user, system } = process.threadCpuUsage(began);
  const restMs = asked.isShared ? restAfter((user + system) / 1000, inLine) : 0;
  say({ ...replied, restMs });
  standAside(thread);
  await Bun.sleep(restMs);
  // Also those that this thread has called in meanwhile: they stand where it stood.
  if (inLine === 0) comeForward(helperThreads());
}

async function reply({ id, about, args, now }: Asked): Promise<Replied> {
  try {
    if (asking === null) throw new Error("the database is not open");
    const reader = createPanelReader(asking, now);
    if (Object.hasOwn(questions, about)) return { id, answer: await reader.ask(about as QuestionName, args as never) };
    // Who wants numbers alone never pays for HTML: it is loaded with the first page.
    const { made } = await import("~/dashboard/made.ts");
    return { id, answer: await made[about as keyof Made](args as never, reader) };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}

/** What is asked at once, as the panels of a page do, is answered at once: within one state of the database. */
function createPanelReader({ within }: ReturnType<typeof createAsking>, now: number): Asking {
  let waiting: Waiting[] = [];

  function answerAll(): void {
    const all = waiting;
    waiting = [];
    try {
      within(now, (answer) => {
        for (const one of all) answerOne(one, answer);
      });
    } catch (error) {
      for (const { reject } of all) reject(error);
    }
  }

  return {
    ask<Name extends QuestionName>(name: Name, args: ArgsOf<Name>): Promise<AnswerOf<Name>> {
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      if (waiting.length === 0) queueMicrotask(answerAll);
      waiting.push({ question: questions[name] as Question<unknown, unknown>, args, resolve, reject });
      return promise as Promise<AnswerOf<Name>>;
    },
  };
}

interface Waiting {
  question: Question<unknown, unknown>;
  args: unknown;
  resolve(answered: unknown): void;
  reject(error: unknown): void;
}

function answerOne({ question, args, resolve, reject }: Waiting, answer: Answer): void {
  try {
    resolve(answer(question, args));
  } catch (error) {
    reject(error);
  }
}
