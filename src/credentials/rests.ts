import { and, eq } from "drizzle-orm";
import type { Db } from "~/db/open.ts";
import type { Writer } from "~/db/writer.ts";
import { build } from "~/keys/statements.ts";
import { type BreakerRow, breakers } from "../../drizzle/breakers.ts";

/** That an account rests, from one model or from all (`*`): so that a restart does not run into the same wall. */
export type Rested = BreakerRow;

export function loadRests(db: Db): Rested[] {
  return db.select().from(breakers).all();
}

/** Writes a rest down, or takes it off when it is over. Nobody waits for it: what it says is in memory already. */
export function createRestKeeper(writer: Writer): (rest: Rested, isOver: boolean) => void {
  return (rest, isOver) => {
    const { account, model } = rest;
    const target = [breakers.account, breakers.model];
    const statement = isOver
      ? build.delete(breakers).where(and(eq(breakers.account, account), eq(breakers.model, model)))
      : build.insert(breakers).values(rest).onConflictDoUpdate({ target, set: rest });
    writer.write([statement.toSQL()]).catch(() => {});
  };
}
