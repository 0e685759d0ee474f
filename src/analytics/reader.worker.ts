/** The reader's thread: one connection that cannot write, one question after the other. */
import { openReadOnly } from "~/db/open.ts";
import type { Message, Replied } from "./protocol.ts";
import { createAsking, type Question } from "./question.ts";
import { questions } from "./questions.ts";

declare const self: Worker;

let ask: ReturnType<typeof createAsking> | null = null;

self.onmessage = (event: MessageEvent<Message>) => {
  const message = event.data;
  if ("open" in message) {
    ask = createAsking(openReadOnly(message.open), () => performance.now());
    return;
  }
  self.postMessage(reply(message));
};

function reply({ id, question, args, now }: Exclude<Message, { open: string }>): Replied {
  try {
    if (ask === null) throw new Error("the database is not open");
    return { id, answer: ask(questions[question] as Question<unknown, unknown>, args, now) };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}
