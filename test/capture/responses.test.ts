import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { unpack } from "~/capture/pack.ts";
import { signIn } from "../dashboard/owner.ts";
import { type App, startApp } from "../helpers/app.ts";
import { pixel, world } from "../helpers/world.ts";
import { fileText, switchOn } from "./kept.ts";

setDefaultTimeout(30_000);

const model = world.models.usual;
const say = async (app: App, body: object) => {
  const response = await app.send("/v1/responses", { model, ...body });
  return { status: response.status, body: await response.json() };
};

interface Written {
  response_id: string;
  request: Uint8Array;
  answer: Uint8Array;
}

function written({ dataDir }: App): Written[] {
  const database = new Database(join(dataDir, "zgate.db"), { readonly: true });
  const rows = database.query("SELECT * FROM kept_responses ORDER BY kept_at, response_id").all() as Written[];
  database.close();
  return rows;
}

async function untilWritten(app: App, count: number): Promise<Written[]> {
  for (;;) {
    const rows = written(app);
    if (rows.length === count) return rows;
    await Bun.sleep(5);
  }
}

/** What the upstream was told last. */
const lastAsked = (app: App) => app.simulator.requests().at(-1)!.body as { input?: unknown };

test("without capture no response is on the disk, and a restart forgets it", async () => {
  const app = await startApp();
  const first = await say(app, { input: "The tide is high." });
  expect((await say(app, { input: "And now?", previous_response_id: first.body.id })).status).toBe(200);
  await app.restart();
  expect(written(app)).toEqual([]);
  const second = await say(app, { input: "And now?", previous_response_id: first.body.id });
  expect(second.body.error.code).toBe("previous_response_not_found");
  await app.stop();
});

test("with capture a conversation goes on after a restart, whole and streamed, by its items as well", async () => {
  const app = await startApp();
  await switchOn(await signIn(app));
  const content = [
    { type: "input_text", text: `My key is ${app.key}; the harbour is Brest.` },
    { type: "input_image", image_url: pixel },
  ];
  const first = await say(app, { model: world.models.seeing, input: [{ role: "user", content }] });
  const stream = await app.send("/v1/responses", {
    model: world.models.seeing,
    stream: true,
    input: "Go on.",
    previous_response_id: first.body.id,
  });
  const events = (await stream.text()).split("\n").filter((line) => line.startsWith("data: {"));
  const second = JSON.parse(events.at(-1)!.slice("data: ".length)).response;
  const rows = await untilWritten(app, 2);

  // Compressed, and without the secret; the picture is whole, since a model is to see it again.
  expect(fileText(app)).not.toContain("the harbour is Brest");
  const kept = rows.map(({ request, answer }) => unpack(request) + unpack(answer)).join("\n");
  expect(kept).toContain("My key is [redacted]; the harbour is Brest.");
  expect(kept).not.toContain(app.key);
  expect(kept).toContain(pixel);

  await app.restart();
  const third = await say(app, {
    model: world.models.seeing,
    input: "What did I say?",
    previous_response_id: second.id,
  });
  expect(third.status).toBe(200);
  const asked = JSON.stringify(lastAsked(app));
  expect(asked).toContain("the harbour is Brest");
  expect(asked).toContain("Go on.");
  expect(asked).toContain(pixel);
  expect(asked).not.toContain("previous_response_id");
  const item = second.output.at(-1).id;
  expect(
    (
      await say(app, {
        input: [
          { type: "item_reference", id: item },
          { role: "user", content: "Hm?" },
        ],
      })
    ).status,
  ).toBe(200);
  await app.stop();
});

test("nobody else finds it, `store: false` writes nothing, and what is dropped from memory goes from the disk", async () => {
  const app = await startApp({ env: { CACHE_MAX_SIZE: "2" } });
  const owner = await signIn(app);
  await switchOn(owner);
  await say(app, { input: "not to be stored", store: false });
  const ids: string[] = [];
  for (const input of ["one", "two", "three"]) ids.push((await say(app, { input })).body.id);
  for (;;) {
    const left = written(app).map(({ response_id }) => response_id);
    if (left.length === 2 && !left.includes(ids[0]!)) break;
    await Bun.sleep(5);
  }
  await app.restart();
  const again = await signIn(app);
  expect((await say(app, { input: "on", previous_response_id: ids[0] })).status).toBe(400);
  const created = await again.post("/dashboard/keys", { name: "other", rights: "inference" });
  const token = /sk-zg_\w+/.exec(await created.text())![0];
  const other = await app.send(
    "/v1/responses",
    { model, input: "on", previous_response_id: ids[2] },
    { headers: { authorization: `Bearer ${token}` } },
  );
  expect(other.status).toBe(400);
  expect((await say(app, { input: "on", previous_response_id: ids[2] })).status).toBe(200);

  // Forgotten by its owner, it is gone from the disk as well.
  await again.post("/dashboard/keys/1/forget", { sure: "yes" });
  expect(written(app)).toEqual([]);
  await app.stop();
});

test("after capture was switched off, or forbidden, a restart forgets", async () => {
  const app = await startApp();
  const owner = await signIn(app);
  await switchOn(owner);
  const { id } = (await say(app, { input: "one" })).body;
  await untilWritten(app, 1);
  await app.restart({ CAPTURE_ALLOWED: "false" });
  expect((await say(app, { input: "on", previous_response_id: id })).status).toBe(400);
  await app.restart({ CAPTURE_ALLOWED: "true" });
  const again = await signIn(app);
  await again.post("/dashboard/keys/1/edit", { name: "default", rights: "inference", capture: "false" });
  expect((await say(app, { input: "on", previous_response_id: id })).status).toBe(200);
  await app.restart();
  expect((await say(app, { input: "on", previous_response_id: id })).status).toBe(400);
  await app.stop();
});
