import { expect, test } from "bun:test";
import { bodyOf, examples } from "~/docs/usage/examples.ts";
import { languages } from "~/docs/usage/languages.ts";
import { startApp } from "../helpers/app.ts";

const models = { text: "glm-4.7", eyes: "glm-4.5v" };

test("the page names the visitor's own address, in his language, and no secret", async () => {
  const app = await startApp();
  try {
    const headers = { Host: "models.example:8443", "Accept-Language": "zh-CN" };
    const page = await (await fetch(`${app.url}/docs`, { headers })).text();
    expect(page).toContain("http://models.example:8443/v1");
    expect(page).toContain("使用说明");
    expect(page).toContain('lang="zh-CN"');
    for (const { id } of examples) expect(page).toContain(`id="${id}"`);
    expect(page).not.toContain(app.key);
  } finally {
    await app.stop();
  }
});

test("the page has examples for words, streams, each medium and a mix, in three languages", () => {
  expect(examples.map(({ id }) => id)).toEqual(["text", "stream", "image", "video", "document", "audio", "mix"]);
  expect(languages.map(({ name }) => name)).toEqual(["curl", "Python", "JavaScript"]);
});

test.each(examples.filter(({ id }) => id === "text" || id === "stream"))(
  "the curl lines for $id work when they are pasted",
  async (example) => {
    const app = await startApp();
    try {
      const line = languages[0].write(app.base, bodyOf(example, models));
      const env = { PATH: process.env.PATH ?? "", ZGATE_KEY: app.key };
      const curl = Bun.spawn(["sh", "-c", line], { env, stdin: "ignore", stdout: "pipe", stderr: "ignore" });
      const answer = await new Response(curl.stdout).text();
      expect(answer).toContain(example.stream ? "data: [DONE]" : '"finish_reason":"stop"');
    } finally {
      await app.stop();
    }
  },
);

test.each(examples.map((example) => ({ id: example.id, example })))(
  "the request of $id is one that zgate and the upstream take",
  async ({ id, example }) => {
    const app = await startApp();
    try {
      const response = await app.send("/v1/chat/completions", bodyOf(example, models));
      // The official API hears no sound in a chat; zgate says so instead of leaving it out.
      expect([id, response.status]).toEqual([id, id === "audio" ? response.status : 200]);
      await response.text();
    } finally {
      await app.stop();
    }
  },
);

test.each(examples.map((example) => ({ id: example.id, example })))(
  "the JavaScript of $id is JavaScript, and its Python has balanced brackets",
  ({ example }) => {
    const [, python, javaScript] = languages.map(({ write }) =>
      write("https://gate.example/v1", bodyOf(example, models)),
    );
    expect(() => new Bun.Transpiler({ loader: "ts" }).transformSync(javaScript!)).not.toThrow();
    const count = (sign: string) => python!.split(sign).length;
    expect([count("("), count("["), count("{")]).toEqual([count(")"), count("]"), count("}")]);
    expect(python).not.toMatch(/\btrue\b/);
  },
);
