import { afterAll, beforeAll, expect, test } from "bun:test";
import { type App, startApp } from "../helpers/app.ts";
import { world } from "../helpers/world.ts";
import { type Owner, signIn } from "./owner.ts";

let app: App;
let owner: Owner;
beforeAll(async () => {
  app = await startApp();
  owner = await signIn(app);
});
afterAll(() => app.stop());

async function watch(path = "/dashboard/live", headers: Record<string, string> = {}) {
  const leave = new AbortController();
  const response = await fetch(app.url + path, { headers: { cookie: owner.cookie, ...headers }, signal: leave.signal });
  const reader = response.body!.getReader();
  let text = "";
  return {
    status: response.status,
    headers: response.headers,
    leave: () => leave.abort(),
    async until(pattern: RegExp): Promise<string> {
      const decoder = new TextDecoder();
      while (!pattern.test(text)) text += decoder.decode((await reader.read()).value, { stream: true });
      return text;
    },
  };
}

test("sends each row with its id, as it stands in the list, and says that something changed", async () => {
  const line = await watch();
  expect(line.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  await line.until(/event: beat/);
  await app.ask(world.questions.sum, { model: "<b>bold</b>" });
  const [row] = await app.settled(1);
  await line.until(/event: changed/);
  // A row that was still running comes again when it has ended.
  const text = await line.until(/bold/);
  expect(text).toContain(`event: row\nid: ${row!.id}\ndata: <tr id="r${row!.id}">`);
  expect(text).toContain("&lt;b>bold".replace(">", "&gt;"));
  expect(text).not.toContain("<b>bold");
  line.leave();
});

test("tells who comes back of what happened meanwhile, and who filters of what he filters by", async () => {
  const [first] = app.rows();
  await app.ask(world.questions.sum);
  const rows = await app.settled(2);
  const back = await watch("/dashboard/live?outcome=completed", { "last-event-id": String(first!.id) });
  const text = await back.until(new RegExp(`id: ${rows[1]!.id}\\n`));
  expect(text).not.toContain(`id: ${first!.id}\n`);
  back.leave();
});

test("lets thirty watch at a time, and others when they leave", async () => {
  const lines = await Promise.all(Array.from({ length: 30 }, whenThereIsRoom));
  expect((await watch()).status).toBe(429);
  for (const line of lines) line.leave();
  const others = await Promise.all(Array.from({ length: 30 }, whenThereIsRoom));
  for (const line of others) line.leave();
});

/** Who left is noticed a moment later. */
async function whenThereIsRoom() {
  for (;;) {
    const line = await watch();
    if (line.status === 200) {
      await line.until(/beat/);
      return line;
    }
    await Bun.sleep(20);
  }
}
