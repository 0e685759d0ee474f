/**
 * What a start may have to do first and that can take minutes: the check after an unclean stop, a migration with its
 * copy. On a thread of its own, so that the port answers.
 */
import { databasePath, openAndMigrate, wordsOf } from "./open.ts";
import type { PrepareReply } from "./prepare.ts";

declare const self: Worker;

self.onmessage = ({ data: dataDir }: MessageEvent<string>) => {
  try {
    openAndMigrate(databasePath(dataDir), {
      report: (progress) => say({ progress }),
      largestChecked: 1024 ** 3,
    }).close();
    say("done");
  } catch (error) {
    say({ failed: wordsOf(error) });
  }
};

function say(reply: PrepareReply): void {
  self.postMessage(reply);
}
