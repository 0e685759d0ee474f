import { expect, test } from "bun:test";
import { Html } from "@elysiajs/html";
import type { Asking } from "~/analytics/reader.ts";
import type { Look } from "~/dashboard/look.ts";
import { show } from "~/dashboard/panel.tsx";
import { makePage } from "~/dashboard/traffic-page.tsx";
import type { Sight, View } from "~/dashboard/view.ts";
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

test("takes what its panels ran into along with a page that is made on another thread", async () => {
  const sight = { language: "en", zone: "UTC", path: "/dashboard", queryText: "", now: Date.UTC(2026, 10, 22) };
  const house = { origin: "", csrf: "", addresses: {}, version: "1", alerts: [] };
  const reader = { ask: () => Promise.reject(new Error("no such column")) } as unknown as Asking;
  const page = await makePage(
    {
      name: "overview",
      sight: { ...sight, ...house } as unknown as Sight,
      labels: {},
      beginnings: { model: "glm-4.7", keys: [], accounts: 1 },
      isZippable: true,
    },
    reader,
  );
  const html = new TextDecoder().decode(Bun.gunzipSync(page.body as Uint8Array<ArrayBuffer>));
  expect(html).toStartWith("<!doctype html>");
  expect(html).not.toContain("no such column");
  expect(html.match(/could not be shown/g)!).toHaveLength(page.errors.length);
  expect(page.errors[0]).toMatchObject({ path: "/dashboard", cause: expect.stringContaining("no such column") });
});
