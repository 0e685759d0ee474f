import { expect, test } from "bun:test";
import { startApp } from "../helpers/app.ts";
import { world } from "../helpers/world.ts";
import { signIn } from "./owner.ts";

test("shows each attempt of a request that took two", async () => {
  const app = await startApp({ face: "web" });
  const owner = await signIn(app);
  app.simulator.next("http401_once");
  await (await app.ask(world.questions.sum)).text();
  const [row] = await app.settled(1);
  const html = await (await owner.get(`/dashboard/requests/req_${row!.id.toString(36)}`)).text();
  expect(html).toContain("Attempts at the upstream: 2");
  expect(html).toContain("<h2>Each attempt</h2>");
  expect(html).toMatch(/<td class="n">401<\/td>.*<td class="n">200<\/td>/s);
  await app.stop();
});
