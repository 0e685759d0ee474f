import { type Gateway, startBare, startSimulator, startZgate, upstreamAt } from "./gateways.ts";
import { followStreams, pump } from "./load.ts";
import { quantile } from "./numbers.ts";
import { questionFor } from "./questions.ts";
import { type Bench, type Section, sectionOf } from "./section.ts";

const streams = 32;
const chunks = 200;
const paceMs = 20;

/** Whether anything else that a gateway does delays streams: large bodies, and somebody at the dashboard. */
export async function measureDisturbed({ place, loadCore, scale }: Bench): Promise<Section> {
  const section = sectionOf(`${streams} streams, a chunk in ${paceMs} ms, while something else goes on`, [
    "",
    "gateway",
    "late chunks p50 ms",
    "p99 ms",
    "meanwhile",
  ]);
  const pace = ["--pace", String(paceMs), "--chunks", String(Math.round(chunks * scale))];
  const simulator = await startSimulator({ ...place, core: loadCore }, pace);
  const upstream = upstreamAt(simulator.port, "openai");
  const bare = await startBare(place, upstream);
  const zgate = await startZgate(place, upstream);
  const pages = await signIn(zgate, place.key);

  const measure = async (title: string, gateway: Gateway, disturb: (isOver: () => boolean) => Promise<string>) => {
    const question = questionFor({ stream: true, dialect: "openai" }, gateway, place.key);
    let isOver = false;
    const disturbed = disturb(() => isOver);
    const followed = await followStreams(question, streams, 200);
    isOver = true;
    const meanwhile = await disturbed;
    const late = followed.flatMap(({ gapsMs }) => gapsMs.map((gap) => gap - paceMs));
    const [p50, p99] = [quantile(late, 0.5), quantile(late, 0.99)];
    section.rows.push([title, gateway.name, p50.toFixed(2), p99.toFixed(2), meanwhile]);
    section.values[`${title} ${gateway.name} late p99 ms`] = p99;
    if (followed.some(({ isGood }) => !isGood)) section.problems.push(`${title}: a stream was not whole`);
  };
  const nothing = async () => "";
  const bodies = (gateway: Gateway) => async (isOver: () => boolean) => {
    const large = questionFor({ stream: false, dialect: "openai" }, gateway, place.key, 20 * 1024 * 1024);
    let sent = 0;
    while (!isOver()) sent += (await pump(() => large, 1, 0)).good;
    return `${sent} bodies of 20 MB`;
  };
  const dashboard = async (isOver: () => boolean) => {
    let seen = 0;
    while (!isOver()) for (const ask of pages) if (!isOver()) seen += await ask();
    return `${seen} pages`;
  };

  for (const gateway of [bare, zgate]) await measure("warm-up", gateway, nothing);
  section.rows.length = 0;
  for (const gateway of [bare, zgate]) {
    await measure("nothing", gateway, nothing);
    await measure("nothing, again", gateway, nothing);
    await measure("bodies of 20 MB", gateway, bodies(gateway));
  }
  await measure("the dashboard", zgate, dashboard);
  await Promise.all([bare, zgate, simulator].map(({ process }) => process.stop()));
  section.notes.push("Two runs with nothing else show how much the machine itself differs between two runs.");
  return section;
}

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
