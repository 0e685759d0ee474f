import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { envelope } from "~/apis/openai-chat/failure.ts";
import { type Example, examples } from "~/docs/usage/examples.ts";
import { languages } from "~/docs/usage/languages.ts";
import { type ErrorKind, errorKinds, GatewayError } from "~/errors.ts";
import { type App, startApp } from "../helpers/app.ts";
import { testWith } from "../helpers/programs.ts";

setDefaultTimeout(60_000);

let app: App;
let folder: string;

beforeAll(async () => {
  app = await startApp();
  folder = mkdtempSync(join(tmpdir(), "zgate-examples-"));
  symlinkSync(resolve("node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, "photo.jpg"), jpeg());
  writeFileSync(join(folder, "speech.wav"), wav());
}, 60_000);
afterAll(async () => {
  await app.stop();
  rmSync(folder, { recursive: true });
});

const models = { text: "glm-4.7", eyes: "glm-4.5v" };

test("the page names the visitor's own address, in his language, and no secret", async () => {
  const headers = { Host: "models.example:8443", "Accept-Language": "zh-CN" };
  const page = await (await fetch(`${app.url}/docs`, { headers })).text();
  expect(page).toContain("http://models.example:8443/v1");
  expect(page).toContain("使用说明");
  expect(page).toContain('lang="zh-CN"');
  for (const { id } of examples) expect(page).toContain(`id="${id}"`);
  expect(page).not.toContain(app.key);
});

test("the page has every kind of error, by the word that a client gets", async () => {
  const page = await (await fetch(`${app.url}/docs`)).text();
  for (const kind of Object.keys(errorKinds) as ErrorKind[]) {
    expect(page).toContain(`<code>${kind}</code>`);
    expect(page).toContain(`<code>${envelope(new GatewayError(kind, "")).code}</code>`);
  }
});

test("the page has examples for words, streams, each medium and a mix, in three languages", () => {
  expect(examples.map(({ id }) => id)).toEqual(["text", "stream", "image", "video", "document", "audio", "mix"]);
  expect(languages.map(({ name }) => name)).toEqual(["curl", "Python", "JavaScript"]);
});

const named = examples.map((example) => ({ id: example.id, example }));

testWith("curl").each(named)("the curl lines for $id work when they are pasted", async ({ id, example }) => {
  const answer = await run(["sh", "-c", languages[0].write(app.base, example, models)]);
  expect([id, answer]).toEqual([
    id,
    expect.stringContaining(example.stream ? "data: [DONE]" : '"finish_reason":"stop"'),
  ]);
  expect(reached(example)).toBe(true);
});

test.skipIf(Bun.which("python3") === null).each(named)(
  "the Python for $id works when it is pasted",
  async ({ example }) => {
    const file = join(folder, "example.py");
    writeFileSync(file, languages[1].write(app.base, example, models));
    // The real package comes first where the machine has it.
    const answer = await run([
      "python3",
      "-c",
      `import sys, runpy; sys.path.append(${JSON.stringify(standIn)}); runpy.run_path("example.py")`,
    ]);
    expect(answer.trim().length).toBeGreaterThan(5);
    expect(reached(example)).toBe(true);
  },
);

test.each(named)("the JavaScript for $id works when it is pasted", async ({ example }) => {
  writeFileSync(join(folder, "example.mjs"), languages[2].write(app.base, example, models));
  const answer = await run([process.execPath, "example.mjs"]);
  expect(answer.trim().length).toBeGreaterThan(5);
  expect(reached(example)).toBe(true);
});

const standIn = resolve("test/docs/python");

/** What it prints, in the folder of the files that examples read. */
async function run(command: string[]): Promise<string> {
  const env = { PATH: process.env.PATH ?? "", HOME: folder, ZGATE_KEY: app.key, PYTHONDONTWRITEBYTECODE: "1" };
  const child = Bun.spawn(command, { cwd: folder, env, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  expect([await child.exited, err.includes("Error") ? err : ""]).toEqual([0, ""]);
  return out;
}

let told = 0;

/** Whether all of an example has reached the upstream since the last time: what is heard goes there to be written down. */
function reached({ content }: Example): boolean {
  const calls = app.simulator.requests().slice(told);
  told += calls.length;
  const said = JSON.stringify(calls.map(({ body }) => body));
  const parts = typeof content === "string" ? [{ type: "text" as const, text: content }] : content;
  return parts.every((part) => {
    if (part.type === "text") return said.includes(part.text);
    if ("url" in part) return said.includes(part.url);
    if (part.type === "audio_url") return calls.some(({ path }) => path.endsWith("/audio/transcriptions"));
    return said.includes(Buffer.from(jpeg()).toString("base64"));
  });
}

/** The head of a picture of 64 × 48, and enough of a body that no shell would take it as an argument. */
function jpeg(): Uint8Array {
  const head = [0xff, 0xd8, 0xff, 0xc0, 0, 17, 8, 0, 48, 0, 64, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1];
  return new Uint8Array([...head, ...new Uint8Array(200_000), 0xff, 0xd9]);
}

/** A tenth of a second of silence. */
function wav(): Uint8Array {
  const sound = 1_600;
  const bytes = new DataView(new ArrayBuffer(44 + sound));
  const write = (at: number, text: string) => {
    for (let i = 0; i < text.length; i++) bytes.setUint8(at + i, text.charCodeAt(i));
  };
  write(0, "RIFF");
  bytes.setUint32(4, 36 + sound, true);
  write(8, "WAVEfmt ");
  for (const [at, value] of [
    [16, 16],
    [24, 8_000],
    [28, 16_000],
    [40, sound],
  ] as const)
    bytes.setUint32(at, value, true);
  for (const [at, value] of [
    [20, 1],
    [22, 1],
    [32, 2],
    [34, 16],
  ] as const)
    bytes.setUint16(at, value, true);
  write(36, "data");
  return new Uint8Array(bytes.buffer);
}
