/**
 * The reader's thread: one connection that cannot write, which answers questions and makes the dashboard's pages of them.
 * It stands back behind the thread that carries traffic.
 */
import type { Message, Replied } from "~/analytics/protocol.ts";
import { createAsking, type Question } from "~/analytics/question.ts";
import { type QuestionName, questions } from "~/analytics/questions.ts";
import type { Asking } from "~/analytics/reader.ts";
import { standBack } from "~/background.ts";
import type { TrafficPage } from "~/dashboard/traffic-page.tsx";
import { openReadOnly } from "~/db/open.ts";

declare const self: Worker;

standBack();

let answer: ReturnType<typeof createAsking> | null = null;

self.onmessage = async ({ data }: MessageEvent<Message>) => {
  if ("open" in data) {
    answer = createAsking(openReadOnly(data.open), () => performance.now());
    return;
  }
  const { id, about, args, now } = data;
  let reply: Replied;
  try {
    reply = { id, answer: about === "page" ? await makePage(args as TrafficPage, now) : ask(about, args, now) };
  } catch (error) {
    reply = { id, error: error instanceof Error ? error.message : String(error) };
  }
  self.postMessage(reply);
};

function ask(question: string, args: unknown, now: number): unknown {
  if (answer === null) throw new Error("the database is not open");
  return answer(questions[question as QuestionName] as Question<unknown, unknown>, args, now);
}

/** Who wants numbers alone never pays for the pages: they are loaded with the first one. */
async function makePage(page: TrafficPage, now: number): Promise<unknown> {
  const { make } = await import("~/dashboard/traffic-page.tsx");
  let turn: Promise<unknown> = Promise.resolve();
  const asking = {
    async ask(question: QuestionName, args: unknown) {
      // Panels ask all at once; between two of them, whoever wants less than a page has its turn.
      turn = turn.then(() => Bun.sleep(0));
      await turn;
      return ask(question, args, now);
    },
  };
  return make(page, asking as Asking);
}
