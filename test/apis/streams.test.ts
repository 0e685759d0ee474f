import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type App, startApp } from "../helpers/app.ts";
import { world } from "../helpers/world.ts";

/** What an upstream may do to its bytes without saying anything else. */
const harmless = ["crlf", "nospace", "split_utf8", "drip", "sentinel_none", "after_done", "giant_frame"];
/** What must never look like an answer. */
const harmful = ["truncate_think", "truncate_answer", "truncate_finish", "reset:6"];
/** The web site's own reader passes over what is no frame, and knows this end mark. */
const harmfulToApis = ["done_without_finish", "garbage_line"];

/** The final frame of each API. */
const finals = { messages: "event: message_stop\n", responses: "event: response.completed\n" };
const errors = { messages: "event: error\n", responses: "event: response.failed\n" };

for (const face of ["zai", "openai", "web"] as const) {
  let app: App;
  beforeAll(async () => {
    app = await startApp({ face });
  });
  afterAll(() => app.stop());

  for (const api of ["messages", "responses"] as const) {
    const stream = async (scenario: string) => {
      const question = `${world.questions.chinese} [[scenario:${scenario}]]`;
      const body = {
        messages: { max_tokens: 5000, messages: [{ role: "user", content: question }], thinking: { type: "adaptive" } },
        responses: { input: question, reasoning: { effort: "high" } },
      }[api];
      const answer = await app.send(`/v1/${api}`, { model: world.models.usual, stream: true, ...body });
      // Where an upstream's own bytes pass, its line ends do too.
      return { status: answer.status, text: (await answer.text()).replaceAll("\r\n", "\n") };
    };

    describe(`${api} over ${face}`, () => {
      test("say the same, whatever the upstream does to its bytes", async () => {
        const usual = wordsIn((await stream("think")).text);
        expect(usual.thinking.length).toBeGreaterThan(0);
        expect(usual.answer).toContain("🌊");
        for (const scenario of harmless) {
          const { text } = await stream(`think+${scenario}`);
          expect({ scenario, ...wordsIn(text) }).toEqual({ scenario, ...usual });
          expect({ scenario, ends: text.split(finals[api]).length }).toEqual({ scenario, ends: 2 });
          expect(text.slice(text.indexOf(finals[api])).trim().split("\n")).toHaveLength(2);
        }
      });

      test("never look whole when the upstream breaks off", async () => {
        for (const scenario of face === "web" ? harmful : [...harmful, ...harmfulToApis]) {
          const { status, text } = await stream(`think+${scenario}`);
          expect(text).not.toContain(finals[api]);
          if (status === 200)
            expect({ scenario, text }).toEqual({ scenario, text: expect.stringContaining(errors[api]) });
          else expect(status).toBeGreaterThanOrEqual(500);
        }
      });

      test("cut words into lines that every client can take", async () => {
        const { text } = await stream("text+big_piece:150");
        const { answer } = wordsIn(text);
        expect(answer).toBe("~ é ".repeat(150 * 250));
        for (const line of text.split("\n")) {
          if (line.includes(".delta") || api === "messages") expect(line.length).toBeLessThan(65_536);
        }
      });
    });
  }
}

/** The words of a stream of either API. */
function wordsIn(text: string): { thinking: string; answer: string } {
  const words = { thinking: "", answer: "" };
  for (const [, data] of text.matchAll(/^data: ?(\{.*)$/gm)) {
    const { type, delta } = JSON.parse(data!);
    words.thinking += delta?.thinking ?? (type === "response.reasoning_summary_text.delta" ? delta : "");
    words.answer += delta?.text ?? (type === "response.output_text.delta" ? delta : "");
  }
  return words;
}
