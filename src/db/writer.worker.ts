/**
 * The writer's thread: it owns the only read-write connection and commits what the traffic thread sends. An entry point
 * like `main.ts`, so it may know the rooms: the recorder's rows go through the recorder's own statements. Those come with
 * the path: Drizzle made them on the other thread, and here it would take 4 MB.
 */
import type { Database } from "bun:sqlite";
import type { RowStatements } from "~/record/statements.ts";
import { prepareRows } from "~/record/write-rows.ts";
import { createCommitter } from "./commit.ts";
import type { Message, Reply } from "./protocol.ts";

declare const self: Worker;

let committer: ReturnType<typeof createCommitter> | null = null;

self.onmessage = (event: MessageEvent<Message>) => {
  const message = event.data;
  if ("open" in message) {
    const statements = message.rows as RowStatements | null;
    const writesRows = (sqlite: Database) => (statements === null ? () => [] : prepareRows(sqlite, statements));
    committer = createCommitter(message.open, writesRows, () => reply("locked"));
    reply("listening");
  } else if ("close" in message) {
    committer?.close();
    reply("closed");
  } else if (committer !== null) {
    reply(committer.commit(message));
  }
};

function reply(reply: Reply): void {
  self.postMessage(reply);
}
