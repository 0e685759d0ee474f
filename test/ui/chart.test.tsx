import { expect, test } from "bun:test";
import { Html } from "@elysiajs/html";
import { Chart } from "~/ui/chart.tsx";

const cells = [
  { tick: "1 Nov", label: "1 Nov" },
  { tick: "2 Nov", label: "2 Nov" },
];
const words = {
  title: "Requests",
  summary: "Bars",
  nothing: "No requests.",
  asTable: "As a table",
  timeTitle: "Time",
  format: String,
  cells,
};

test("draws each value in proportion, and says it in a tooltip and in a table", async () => {
  const series = [{ name: "done", class: "fill-completed", values: [10, 5] }];
  const html = await (<Chart {...words} shape="bars" series={series} />);
  const heights = [...html.matchAll(/class="fill-completed"[^>]*height="([\d.]+)"/g)].map(([, height]) =>
    Number(height),
  );
  expect(heights[0]).toBe(heights[1]! * 2);
  expect(html).toContain("2 Nov\ndone: 5");
  expect(html).toContain('<th scope="row">2 Nov</th><td class="n">5</td>');
});

test("leaves a gap where there is no value, and shows one that stands alone as a dot", async () => {
  const series = [{ name: "p50", class: "fill-p50", values: [null, 7] }];
  const html = await (<Chart {...words} shape="lines" series={series} />);
  expect(html).toMatch(/ d="M[\d.]+ [\d.]+"/);
  expect(html).toContain("<circle");
  expect(html).toContain("1 Nov\np50: –");
});

test("says so where there is nothing to draw, and takes every name for text", async () => {
  const series = [{ name: "<b>bold</b>", class: "fill-lost", values: [0, 0] }];
  expect(await (<Chart {...words} shape="bars" series={series} />)).toContain("No requests.");
  const html = await (<Chart {...words} shape="bars" series={[{ ...series[0]!, values: [0, 1] }]} />);
  expect(html).toContain("&lt;b>bold&lt;/b>".replaceAll(">", "&gt;"));
  expect(html).not.toContain("<b>");
});
