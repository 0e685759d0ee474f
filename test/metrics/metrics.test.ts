import { expect, setDefaultTimeout, test } from "bun:test";
import { createHistogram } from "~/metrics/histogram.ts";
import { writeMetrics } from "~/metrics/text.ts";
import { zgate } from "../cli/process.ts";
import { type App, startApp } from "../helpers/app.ts";

setDefaultTimeout(30_000);

test("every request is counted once, with its tokens and times", async () => {
  const app = await startApp();
  try {
    const token = await keyWith(app, "metrics");
    await app.ask("What is 7 + 5?");
    await (await app.ask("What is 7 + 5?", { stream: true })).text();
    await app.ask("[[scenario:close:2]]");
    await app.send("/v1/chat/completions", "{", {});
    await app.send("/v1/nothing", {}, { headers: { Authorization: "" } });
    const rows = await app.settled(5);
    const text = await (await metrics(app, token)).text();

    const total = (name: string) => samples(text, name).reduce((sum, { value }) => sum + value, 0);
    expect(total("zgate_requests_total")).toBe(rows.length);
    for (const outcome of ["completed", "rejected"]) {
      const counted = samples(text, "zgate_requests_total").filter(({ labels }) => labels.includes(`"${outcome}"`));
      expect(counted.reduce((sum, { value }) => sum + value, 0)).toBe(
        rows.filter((row) => row.outcome === outcome).length,
      );
    }
    const tokensOut = rows.reduce((sum, row) => sum + (row.tokens_out ?? 0), 0);
    expect(text).toContain(`zgate_tokens_total{kind="out"} ${tokensOut}\n`);
    const timed = rows.filter(({ outcome }) => outcome === "completed" || outcome === "failed").length;
    expect(total("zgate_request_duration_seconds_count")).toBe(timed);
    expect(text).toContain("zgate_storage_healthy 1\n");
    expect(text).toMatch(/^zgate_build_info\{version="[\d.]+",bun="[\d.]+",platform="\w+-\w+"\} 1$/m);
  } finally {
    await app.stop();
  }
});

test("only a key with the right, or one that administers, reads them; inference alone does not", async () => {
  const app = await startApp();
  try {
    expect((await metrics(app, null)).status).toBe(401);
    expect((await metrics(app, app.key)).status).toBe(403);
    expect((await metrics(app, await keyWith(app, "metrics"))).status).toBe(200);
    expect((await metrics(app, await keyWith(app, "admin"))).status).toBe(200);
    // Asking for metrics is no request.
    expect(app.rows()).toEqual([]);
  } finally {
    await app.stop();
  }
});

test("without performance monitoring there is nothing at /metrics", async () => {
  const app = await startApp({ env: { ENABLE_PERFORMANCE_MONITORING: "false" } });
  try {
    expect((await metrics(app, app.key)).status).toBe(404);
  } finally {
    await app.stop();
  }
});

test("the text is what Prometheus reads: cumulative buckets, escaped labels, one family after the other", () => {
  const histogram = createHistogram([0.1, 1]);
  for (const seconds of [0.05, 0.1, 0.5, 7]) histogram.add(seconds);
  const text = writeMetrics([
    { name: "a_seconds", help: "A.", type: "histogram", samples: histogram.samples({ api: "chat" }) },
    { name: "b", help: "B.", type: "gauge", samples: [{ labels: { key: 'a "b"\n\\c' }, value: 2 }] },
  ]);
  expect(text.split("\n")).toEqual([
    "# HELP a_seconds A.",
    "# TYPE a_seconds histogram",
    'a_seconds_bucket{api="chat",le="0.1"} 2',
    'a_seconds_bucket{api="chat",le="1"} 3',
    'a_seconds_bucket{api="chat",le="+Inf"} 4',
    'a_seconds_sum{api="chat"} 7.65',
    'a_seconds_count{api="chat"} 4',
    "# HELP b B.",
    "# TYPE b gauge",
    'b{key="a \\"b\\"\\n\\\\c"} 2',
    "",
  ]);
});

// Debian's Prometheus: https://packages.debian.org/prometheus
test.skipIf(!Bun.which("promtool"))(
  "Prometheus's own tool finds nothing amiss, whatever names people choose",
  async () => {
    const app = await startApp();
    try {
      await app.ask("What is 7 + 5?");
      await app.ask("Is there such a model?", { model: 'a "model"\n\\' });
      await app.settled(2);
      const made = await zgate(["keys", "create", 'a "key"\\', "--rights", "metrics", "--json"], {
        DATA_DIR: app.dataDir,
      });
      const text = await (await metrics(app, JSON.parse(made.out).token)).text();
      const tool = Bun.spawnSync(["promtool", "check", "metrics"], { stdin: Buffer.from(text) });
      expect([tool.exitCode, tool.stdout.toString(), tool.stderr.toString()]).toEqual([0, "", ""]);
    } finally {
      await app.stop();
    }
  },
);

function metrics(app: App, token: string | null): Promise<Response> {
  return fetch(`${app.url}/metrics`, token === null ? {} : { headers: { Authorization: `Bearer ${token}` } });
}

async function keyWith(app: App, right: string): Promise<string> {
  const { out } = await zgate(["keys", "create", `for ${right}`, "--rights", right, "--json"], {
    DATA_DIR: app.dataDir,
  });
  return JSON.parse(out).token;
}

function samples(text: string, name: string): { labels: string; value: number }[] {
  return [...text.matchAll(new RegExp(`^${name}(\\{.*\\})? (\\S+)$`, "gm"))].map(([, labels = "", value]) => ({
    labels,
    value: Number(value),
  }));
}
