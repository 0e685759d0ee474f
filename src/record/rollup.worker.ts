/** The check's thread: making a day's cells of its rows once more would hold every stream up on any other. */
import { standBack } from "~/background.ts";
import { type Connection, openReadOnly } from "~/db/open.ts";
import { type CellDifference, checkDay, daysToCheck } from "./rollup-check.ts";

declare const self: Worker;

standBack();

/** Which days stand, or what is wrong with the cells of one of them. */
export type Asked = { open: string } | { day: number };
export type Replied = { days: { first: number; last: number } | null } | { differences: CellDifference[] };

let connection: Connection;

self.onmessage = ({ data }: MessageEvent<Asked>) => {
  if ("open" in data) {
    connection = openReadOnly(data.open);
    self.postMessage({ days: daysToCheck(connection) } satisfies Replied);
  } else {
    self.postMessage({ differences: checkDay(connection, data.day).differences } satisfies Replied);
  }
};
