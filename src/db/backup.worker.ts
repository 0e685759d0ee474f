/** The backup's thread: reading a whole database would hold every stream up on any other. */
import { standBack } from "~/background.ts";
import { type BackupReply, writeBackup } from "./backup.ts";
import { wordsOf } from "./open.ts";

declare const self: Worker;

standBack();

self.onmessage = ({ data: { from, to } }: MessageEvent<{ from: string; to: string }>) => {
  let reply: BackupReply;
  try {
    reply = { done: writeBackup(from, to) };
  } catch (error) {
    reply = { failed: wordsOf(error) };
  }
  self.postMessage(reply);
};
