/** The reader's thread: one connection that cannot write, one question after the other. */
import { type Connection, openReadOnly } from "~/db/open.ts";
import type { Message, Replied } from "./protocol.ts";
import type { Asker } from "./question.ts";
import { questions } from "./questions.ts";

declare const self: Worker;

let connection: Connection | null = null;

self.onmessage = (event: MessageEvent<Message>) => {
  const message = event.data;
  if ("open" in message) {
    connection = openReadOnly(message.open);
    return;
  }
  self.postMessage(reply(message));
};

function reply({ id, question, args, now }: Exclude<Message, { open: string }>): Replied {
  try {
    if (connection === null) throw new Error("the database is not open");
    const answer = questions[question] as (args: unknown, asker: Asker) => unknown;
    return { id, answer: answer(args, { connection, now }) };
  } catch (error) {
    return { id, error: error instanceof Error ? error.message : String(error) };
  }
}
