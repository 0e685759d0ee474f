import { expect, test } from "bun:test";
import { checkDay } from "~/record/rollup-check.ts";
import { repair } from "~/record/rollup-repair.ts";
import { dayMs, now, openMonth } from "./world.ts";

test("sums that were remembered are forgotten when cells are put right", () => {
  const month = openMonth();
  const range = { from: now - 8 * dayMs, to: now + 1 };
  const costs = () =>
    [{ model: "glm-4.6", api: "chat" }, {}].flatMap((filters) => {
      const scope = { ...range, filters };
      const { rows } = month.ask("breakdown", { scope, by: "key", starts: [], limit: 100, order: "requests" });
      const { totals } = month.ask("overview", { scope, before: null, starts: [range.from] });
      return [rows.reduce((sum, { costUsdNano }) => sum + costUsdNano, 0), totals.costUsdNano];
    });
  const before = costs();
  const { sqlite } = month.writable;
  const day = Math.floor(now / dayMs) - 4;
  const some = month.rows.filter(
    ({ at, model, api, cost_nano }) =>
      Math.floor(at / dayMs) === day && model === "glm-4.6" && api === "chat" && cost_nano,
  );
  for (const { id } of some.slice(0, 5)) {
    sqlite.run("update requests set cost_nano = cost_nano + 1000 where id = ?", [id]);
  }
  for (const { sql, params } of repair(checkDay(month.writable, day).differences)) sqlite.run(sql, params as never[]);
  expect(costs()).toEqual(before.map((cost) => cost + 5_000));
  month.close();
}, 30_000);
