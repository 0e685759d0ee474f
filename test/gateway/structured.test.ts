import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import OpenAI from "openai";
import { createSchemas } from "~/gateway/schemas.ts";
import { type App, startApp } from "../helpers/app.ts";

const schema = {
  type: "object",
  properties: { port: { type: "string" }, metres: { type: "number" } },
  required: ["port", "metres"],
  additionalProperties: false,
};
// The runtime itself gives up a hopeless search after a while, on a fast machine early: only many in a row take long
// anywhere.
const endless = { type: "string", allOf: Array.from({ length: 200 }, () => ({ pattern: "^(a+)+$" })) };
const response_format = { type: "json_schema" as const, json_schema: { name: "tide", strict: true, schema } };
const messages = [{ role: "user" as const, content: "How high is the tide in Brest?" }];
const fitting = '{"port":"Brest 🌊","metres":5.1}';

for (const face of ["zai", "web"] as const) {
  describe(`a JSON schema over the ${face} upstream`, () => {
    let app: App;
    let client: OpenAI;
    beforeAll(async () => {
      app = await startApp({ face });
      client = new OpenAI({ baseURL: app.base, apiKey: app.key, maxRetries: 0 });
    });
    afterEach(() => app.simulator.reset());
    afterAll(() => app.stop());

    const model = "GLM-4.5";
    const say = (...answers: string[]) => {
      for (const answer of answers) app.simulator.say({ answer: answer.match(/[\s\S]{1,5}/gu) ?? [] });
    };
    const asked = () => app.simulator.requests().filter(({ kind }) => kind === "chat");
    const whole = () => client.chat.completions.create({ model, messages, response_format });
    const stream = async () => {
      const chunks = [];
      const body = { model, messages, response_format, stream: true as const, stream_options: { include_usage: true } };
      for await (const chunk of await client.chat.completions.create(body)) chunks.push(chunk);
      return chunks;
    };

    test("is told in the prompt, and an answer that fits passes as it is", async () => {
      say(fitting);
      const { choices, usage } = await whole();
      expect(choices[0]!.message.content).toBe(fitting);
      expect(usage!.total_tokens).toBeGreaterThan(0);
      const body = asked()[0]!.body as { messages: { content: string }[]; response_format?: object };
      expect(body.messages[0]!.content).toContain(JSON.stringify(schema));
      expect(body.response_format as object | undefined).toEqual(face === "zai" ? { type: "json_object" } : undefined);
      expect(app.simulator.violations()).toEqual([]);
    });

    test("streams in one piece, without the fence around it", async () => {
      say(`\`\`\`json\n${fitting}\n\`\`\``);
      const chunks = await stream();
      const texts = chunks.map(({ choices }) => choices[0]?.delta.content ?? "").filter(Boolean);
      expect(texts).toEqual([fitting]);
      expect(chunks.filter(({ choices }) => choices[0]?.finish_reason).length).toBe(1);
      expect(chunks.at(-1)!.usage!.total_tokens).toBeGreaterThan(0);
    });

    test("lets the thinking flow while the JSON is held", async () => {
      app.simulator.say({ thinking: ["Let", " me", " see."], answer: [fitting.slice(0, 9), fitting.slice(9)] });
      const deltas = (await stream()).flatMap(({ choices }) => (choices[0] ? [choices[0].delta] : []));
      const thoughts = deltas.map((delta) => (delta as { reasoning_content?: string }).reasoning_content ?? "");
      expect(thoughts.filter(Boolean).length).toBeGreaterThan(1);
      expect(thoughts.join("")).toBe("Let me see.");
    });

    test("gets a second chance, and the row knows both calls", async () => {
      const before = app.rows().length;
      for (const ask of [
        () => whole().then(({ choices }) => choices[0]!.message.content),
        () => stream().then((chunks) => chunks.map(({ choices }) => choices[0]?.delta.content ?? "").join("")),
      ]) {
        say('{"port":"Brest"}', fitting);
        expect(await ask()).toBe(fitting);
      }
      const second = asked()[1]!.body as { messages: { role: string; content: string }[] };
      const last = second.messages.findLast(({ role }) => role === "user")!;
      expect(last.content).toContain("metres");
      const rows = (await app.settled(before + 2)).slice(-2);
      // A piece of five characters is a token of the simulated model.
      const tokens_out = Math.ceil('{"port":"Brest"}'.length / 5) + Math.ceil([...fitting].length / 5);
      for (const row of rows) expect(row).toMatchObject({ outcome: "completed", attempts: 2, tokens_out });
    });

    test("is an error when the second answer does not fit either, and says no word of it", async () => {
      for (const ask of [whole, stream]) {
        const before = app.rows().length;
        say("Five metres, secretly.", '{"port":1,"secretly":2}', "No", "No");
        const error = await ask().then(
          () => Promise.reject(new Error("it answered")),
          (thrown) => thrown,
        );
        expect(error).toBeInstanceOf(OpenAI.APIError);
        expect(error.code).toBe("upstream_error");
        expect(error.message).toContain("JSON schema");
        expect(error.message).not.toContain("secretly");
        const row = (await app.settled(before + 1)).at(-1)!;
        expect(row).toMatchObject({ outcome: "failed", error_kind: "upstream_error", attempts: 2 });
        app.simulator.reset();
      }
    });

    test("does not judge an answer that was cut at its length", async () => {
      app.simulator.say({ answer: ['{"port":'], finish: "length" });
      if (face === "web") return; // The site has no finish reasons.
      const { choices } = await whole();
      expect(choices[0]).toMatchObject({ finish_reason: "length", message: { content: '{"port":' } });
    });

    test("refuses a schema that is none", async () => {
      const wrong = [
        [{ type: "json_schema", json_schema: { name: "a" } }, "response_format.json_schema.schema"],
        [{ type: "yaml" }, "response_format.type"],
      ] as const;
      for (const [format, param] of wrong) {
        const body = { model, messages, response_format: format as never };
        const error = await client.chat.completions.create(body).catch((thrown) => thrown);
        expect(error).toMatchObject({ status: 400, param });
      }
      say(fitting);
      const lost = { type: "json_schema" as const, json_schema: { name: "a", schema: { $ref: "#/$defs/lost" } } };
      const error = await client.chat.completions
        .create({ model, messages, response_format: lost })
        .catch((thrown) => thrown);
      expect(error).toMatchObject({ status: 400, param: "response_format.json_schema.schema" });
    });

    test("gets some JSON object where it asks for no more", async () => {
      say('{"a":1}');
      const format = { type: "json_object" as const };
      const { choices } = await client.chat.completions.create({ model, messages, response_format: format });
      expect(choices[0]!.message.content).toBe('{"a":1}');
    });
  });
}

describe("the thread that checks", () => {
  test("ends a check that takes too long, and goes on with the next", async () => {
    const schemas = createSchemas(200);
    try {
      expect(await schemas.check(schema, { port: "Brest", metres: 1 })).toBeNull();
      await expect(schemas.check(endless, `${"a".repeat(60)}b`)).rejects.toMatchObject({ kind: "invalid_request" });
      const forks = Object.fromEntries(
        Array.from({ length: 40 }, (_, i) => [
          `a${i}`,
          { allOf: [{ $ref: `#/$defs/a${i + 1}` }, { $ref: `#/$defs/a${i + 1}` }] },
        ]),
      );
      const bomb = { $ref: "#/$defs/a0", $defs: { ...forks, a40: { type: "object" } } };
      await expect(schemas.check(bomb, {})).rejects.toMatchObject({ kind: "invalid_request" });
      await expect(schemas.check({ $ref: "#" }, {})).rejects.toMatchObject({ kind: "invalid_request" });
      const problems = await schemas.check(schema, { port: 1 });
      expect(problems!.map(({ keyword }) => keyword)).toEqual(expect.arrayContaining(["required", "type"]));
      expect(
        await schemas.check({ ...schema, $schema: "http://json-schema.org/draft-07/schema#" }, { port: "", metres: 0 }),
      ).toBeNull();
    } finally {
      schemas.close();
    }
  });

  test("fails the slow check alone: those that came with it and after it get their answers", async () => {
    const schemas = createSchemas(1_000);
    try {
      const fine = () => schemas.check(schema, { port: "Brest", metres: 1 });
      await fine();
      const slow = () => schemas.check(endless, `${"a".repeat(60)}b`);
      const ends = await Promise.allSettled([fine(), slow(), fine(), slow(), fine(), fine()]);
      expect(ends.map(({ status }) => status)).toEqual([
        "fulfilled",
        "rejected",
        "fulfilled",
        "rejected",
        "fulfilled",
        "fulfilled",
      ]);
    } finally {
      schemas.close();
    }
  });

  test("does not blame the request for a wait behind others", async () => {
    const schemas = createSchemas(600_000, undefined, 50);
    try {
      const slow = schemas.check(endless, `${"a".repeat(60)}b`);
      const late = schemas.check(schema, { port: "Brest", metres: 1 });
      await expect(late).rejects.toMatchObject({ kind: "internal_error" });
      schemas.close();
      await expect(slow).rejects.toMatchObject({ kind: "shutting_down" });
    } finally {
      schemas.close();
    }
  });
});
