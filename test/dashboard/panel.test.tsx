import { expect, test } from "bun:test";
import { Html } from "@elysiajs/html";
import type { Look } from "~/dashboard/look.ts";
import { show } from "~/dashboard/panel.tsx";
import type { View } from "~/dashboard/view.ts";
import { sayIn } from "~/ui/say.ts";

const view = { say: sayIn("en"), path: "/dashboard" } as View;
const look = {} as Look;

test("shows the error of a panel in its own place, and tells the log alone why", async () => {
  const told: unknown[] = [];
  const broken = { load: () => Promise.reject(new Error("no such column")), view: () => <p>never</p> };
  const well = { load: async () => "seven", view: ({ data }: { data: string }) => <p safe>{data}</p> };
  const log = (_: string, fields?: object) => told.push(fields);
  const html = await (
    <main>
      {show(broken, view, look, log)}
      {show(well, view, look, log)}
    </main>
  );
  expect(html).toContain("This part could not be shown");
  expect(html).not.toContain("no such column");
  expect(html).toContain("<p>seven</p>");
  expect(told).toHaveLength(1);
});
