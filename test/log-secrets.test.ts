import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { startSimulator } from "~/simulator/simulator.ts";
import { scratch, serve, zgate } from "./cli/process.ts";
import { fakeKey } from "./helpers/world.ts";

setDefaultTimeout(60_000);

test("at the most talkative level no key, token, password, prompt or answer is in the log, on the terminal or in the database", async () => {
  using folder = scratch();
  const simulator = await startSimulator();
  const secrets = {
    client: fakeKey("client"),
    password: fakeKey("password"),
    token: `${fakeKey("token")}.${crypto.randomUUID()}`,
    stranger: fakeKey("stranger"),
    prompt: `prompt-${crypto.randomUUID()}`,
    inBrokenJson: `broken-${crypto.randomUUID()}`,
    inQuery: fakeKey("query"),
    upstreamWords: "word7",
  };
  const file = join(folder.path, "zgate.log");
  const served = await serve(folder.path, simulator.zaiUrl, {
    DEFAULT_KEY: secrets.client,
    ADMIN_PASSWORD: secrets.password,
    ZAI_TOKEN: secrets.token,
    LOG_LEVEL: "debug",
    LOG_FILE: file,
  });
  const ask = (key: string, body: string, path = "/v1/chat/completions") =>
    fetch(`${served.url}${path}`, { method: "POST", headers: { Authorization: `Bearer ${key}` }, body }).then(
      (answer) => answer.text(),
    );
  const question = (text: string, stream: boolean) =>
    JSON.stringify({ model: "glm-4.7", stream, messages: [{ role: "user", content: `${secrets.prompt} ${text}` }] });

  await ask(secrets.client, question("[[scenario:long:20]]", true));
  await ask(secrets.client, question("[[scenario:long:20]]", false));
  await ask(secrets.client, question("[[scenario:close:2]]", true));
  await ask(secrets.client, `{"messages": "${secrets.inBrokenJson}`);
  await ask(secrets.client, JSON.stringify({ model: "glm-4.7", messages: secrets.inBrokenJson }));
  await ask(secrets.stranger, question("", false));
  await ask(secrets.client, question("", false), `/v1/chat/completions?key=${secrets.inQuery}`);
  await fetch(`${served.url}/dashboard/sign-in`, { method: "POST", body: `password=${secrets.password}` });
  const made = await zgate(["keys", "create", "another", "--json"], { DATA_DIR: folder.path });
  served.child.kill("SIGTERM");
  expect(await served.child.exited).toBe(0);

  const log = readFileSync(file, "utf8");
  // It does talk: a line for each request, with the id that the client saw.
  expect(log.split("\n").filter((line) => line.includes('"requestId"')).length).toBeGreaterThanOrEqual(7);
  const database = ["zgate.db", "zgate.db-wal"]
    .map((name) => join(folder.path, name))
    .map((path) => (existsSync(path) ? readFileSync(path).toString("latin1") : ""))
    .join("");
  const said = log + database + (await new Response(served.child.stderr).text());
  for (const [name, secret] of Object.entries({ ...secrets, made: JSON.parse(made.out).token as string })) {
    expect([name, said.includes(secret)]).toEqual([name, false]);
  }
  simulator.stop();
});
