import { type Gateway, startBare, startSimulator, startZgate, upstreamAt } from "./gateways.ts";
import { followStreams, pump } from "./load.ts";
import { makeMonth } from "./month.ts";
import { quantile } from "./numbers.ts";
import { questionFor } from "./questions.ts";
import { type Bench, type Section, sectionOf } from "./section.ts";

const streams = 32;
const chunks = 200;
const paceMs = 20;
/** Each case has its turn so often: a machine that others use as well is another one a minute later. */
const rounds = 3;
/** What the dashboard costs is less than two rounds differ: those three cases have more turns, in changing order. */
const dashboardRounds = 9;

/** Whether anything else that a gateway does delays streams: large bodies, and somebody at the dashboard. */
export async function measureDisturbed({ place, loadCore, scale, isLong }: Bench): Promise<Section> {
  const rows = isLong ? 10_000_000 : 200_000;
  const title = `${streams} streams, a chunk in ${paceMs} ms, while something else goes on`;
  const section = sectionOf(title, ["", "gateway", "late chunks p50 ms", "p99 ms", "p99 of each round", "meanwhile"]);
  const pace = ["--pace", String(paceMs), "--chunks", String(Math.round(chunks * scale))];
  const simulator = await startSimulator({ ...place, core: loadCore }, pace);
  const upstream = upstreamAt(simulator.port, "openai");
  const bare = await startBare(place, upstream);
  const zgate = await startZgate(place, upstream, makeMonth(place.folder, "disturbed", rows).dataDir);
  const pages = await signIn(zgate, place.key);

  const late = new Map<string, { gateway: Gateway; gapsMs: number[]; p99s: number[]; times: number; what: string }>();
  const measure = async (name: string, gateway: Gateway, [what, disturb]: Disturbance) => {
    const question = questionFor({ stream: true, dialect: "openai" }, gateway, place.key);
    let isOver = false;
    const disturbed = disturb(gateway, () => isOver);
    const followed = await followStreams(question, streams, 200);
    isOver = true;
    const times = await disturbed;
    if (followed.some(({ isGood }) => !isGood)) section.problems.push(`${name}: a stream was not whole`);
    const seen = late.get(`${name} ${gateway.name}`) ?? { gateway, gapsMs: [], p99s: [], times: 0, what };
    const gapsMs = followed.flatMap((stream) => stream.gapsMs.map((gap) => gap - paceMs));
    seen.times += times;
    seen.p99s.push(quantile(gapsMs, 0.99));
    for (const gap of gapsMs) seen.gapsMs.push(gap);
    late.set(`${name} ${gateway.name}`, seen);
  };
  const nothing: Disturbance = ["", async () => 0];
  const bodies: Disturbance = [
    "bodies of 20 MB",
    async (gateway, isOver) => {
      const large = questionFor({ stream: false, dialect: "openai" }, gateway, place.key, 20 * 1024 * 1024);
      let sent = 0;
      while (!isOver()) sent += (await pump(() => large, 1, 0)).good;
      return sent;
    },
  ];
  const dashboard: Disturbance = [
    "pages",
    async (_, isOver) => {
      let seen = 0;
      while (!isOver()) for (const ask of pages) if (!isOver()) seen += await ask();
      return seen;
    },
  ];

  for (const gateway of [bare, zgate, zgate]) await measure("warm-up", gateway, nothing);
  // A page's code is compiled while it is asked for the first times, as requests' code is.
  for (let time = 0; time < 150 * scale; time++) for (const ask of pages) await ask();
  late.clear();
  const roundsOf = (number: number) => Array.from({ length: Math.max(1, Math.round(number * scale)) }, (_, at) => at);
  for (const _ of roundsOf(rounds)) {
    await measure("nothing", bare, nothing);
    await measure("nothing, again", bare, nothing);
  }
  const cases = [
    ["nothing", nothing],
    ["nothing, again", nothing],
    ["the dashboard", dashboard],
  ] as const;
  for (const round of roundsOf(dashboardRounds)) {
    for (const place of cases.keys()) {
      const [name, disturbance] = cases[(place + round) % cases.length]!;
      await measure(name, zgate, disturbance);
    }
  }
  for (const _ of roundsOf(rounds)) for (const gateway of [bare, zgate]) await measure(bodies[0], gateway, bodies);
  for (const [name, { gateway, gapsMs, p99s, times, what }] of late) {
    const [p50, p99] = [quantile(gapsMs, 0.5), quantile(gapsMs, 0.99)];
    const label = name.slice(0, -gateway.name.length - 1);
    const each = `${Math.min(...p99s).toFixed(2)} to ${Math.max(...p99s).toFixed(2)}`;
    section.rows.push([label, gateway.name, p50.toFixed(2), p99.toFixed(2), each, times > 0 ? `${times} ${what}` : ""]);
    section.values[`${name} late p99 ms`] = p99;
  }
  await Promise.all([bare, zgate, simulator].map(({ process }) => process.stop()));
  section.notes.push(
    "Two cases with nothing else show how much the machine itself differs between two identical runs. The dashboard: the " +
      `overview of 30 days, a breakdown and the list of requests, one after the other without a pause, over ${rows.toLocaleString("en")} requests on record.`,
  );
  return section;
}

/** What goes on, and how often it did while streams were followed. */
type Disturbance = [what: string, disturb: (gateway: Gateway, isOver: () => boolean) => Promise<number>];

/** The dashboard's pages as functions that ask for one and say 1 when it came. */
export async function signIn({ port }: Gateway, password: string): Promise<(() => Promise<number>)[]> {
  const url = `http://127.0.0.1:${port}`;
  const { headers } = await fetch(`${url}/dashboard/sign-in`, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin" },
    body: new URLSearchParams({ password }),
    redirect: "manual",
  });
  const cookie = headers
    .getSetCookie()
    .map((line) => line.split(";")[0])
    .join("; ");
  return ["/dashboard?range=30d", "/dashboard/by/model?range=30d", "/dashboard/requests?range=30d"].map(
    (path) => async () => {
      const { status, body } = await fetch(url + path, { headers: { cookie }, redirect: "manual" });
      await body?.cancel();
      if (status !== 200) throw new Error(`${path} answered ${status}`);
      return 1;
    },
  );
}
