import type { ChatChunk, ChatCompletion, Usage } from "~/chat/chat.ts";
import { bareJson, type Format, readFormat, withCorrection, withFormat } from "~/chat/format.ts";
import { GatewayError } from "~/errors.ts";
import type { Dialect, Door, Telling } from "~/upstreams/upstream.ts";
import type { Sink } from "~/wire/sink.ts";
import type { SseEvent } from "~/wire/sse.ts";
import { collectFrom } from "./gather.ts";
import type { CheckSchema } from "./schemas.ts";

/**
 * A dialect whose chat answers keep to `response_format` where its upstreams do not see to that: the schema goes into
 * the prompt, the answer is checked, and what does not fit is asked for once more.
 */
export function enforceFormats(dialect: Dialect, check: CheckSchema): Dialect {
  const { chat: door, formats } = dialect;
  if (formats === "schema") return dialect;
  const chat: Door = {
    ...door,
    ask(telling, at) {
      const format = readFormat(telling.ask, formats);
      return door.ask(format ? { ...telling, ask: withFormat(telling.ask, format, formats) } : telling, at);
    },
    stream(next, telling) {
      const format = readFormat(telling.ask, formats);
      return door.stream(format ? holdJson(next, { format, telling, door, check }) : next, telling);
    },
    completion(text, telling) {
      const format = readFormat(telling.ask, formats);
      const said = door.completion(text, telling);
      return format ? fitWhole(said, { format, telling, door, check }) : said;
    },
  };
  return { ...dialect, chat };
}

/** What an answer has to keep to, and whom to ask again. */
interface Case {
  format: Format;
  telling: Telling;
  door: Door;
  check: CheckSchema;
}

/** Lets everything by but the words of the answer: they leave in one piece when they fit. */
function holdJson(next: Sink<SseEvent>, wanted: Case): Sink<SseEvent> {
  let words = "";
  let again: Usage | null = null;
  /** What comes while the words are checked. */
  let late: SseEvent[] | null = null;
  let hasEnded = false;

  function take({ data }: SseEvent): void {
    const chunk = JSON.parse(data) as ChatChunk;
    const [choice] = chunk.choices;
    if (!choice) {
      next.take({ data: JSON.stringify({ ...chunk, usage: sum(chunk.usage, again) }) });
      return;
    }
    const { content, ...delta } = choice.delta;
    words += content ?? "";
    if (choice.finish_reason === null) {
      if (Object.keys(delta).length > 0) next.take(write(chunk, { ...choice, delta }));
      return;
    }
    const finish = () => {
      if (words !== "") next.take(write(chunk, { ...choice, delta: { content: words }, finish_reason: null }));
      next.take(write(chunk, { ...choice, delta }));
    };
    // A question for a tool, or an answer that broke off and says so, is no answer to check.
    if (choice.finish_reason !== "stop") finish();
    else {
      const held: SseEvent[] = [];
      late = held;
      wanted.telling.hold!(() => checkThen(finish, held));
    }
  }

  async function checkThen(finish: () => void, held: SseEvent[]): Promise<void> {
    const fitting = await fit(words, wanted);
    late = null;
    words = fitting.text;
    again = fitting.usage;
    finish();
    for (const event of held) take(event);
    if (hasEnded) next.end();
  }

  return {
    take(event) {
      if (late === null) take(event);
      else late.push(event);
    },
    end() {
      hasEnded = true;
      if (late === null) next.end();
    },
  };
}

async function fitWhole(said: string | Promise<string>, wanted: Case): Promise<string> {
  const completion = JSON.parse(await said) as ChatCompletion;
  const [choice] = completion.choices;
  if (choice?.finish_reason !== "stop") return JSON.stringify(completion);
  const { text, usage } = await fit(choice.message.content ?? "", wanted);
  choice.message.content = text;
  return JSON.stringify({ ...completion, usage: sum(completion.usage, usage) });
}

/** An answer that fits: the one given, or the one to a second question. Throws where that does not fit either. */
async function fit(said: string, wanted: Case): Promise<{ text: string; usage: Usage | null }> {
  const text = bareJson(said);
  const problems = await misfits(text, wanted);
  if (problems === null) return { text, usage: null };
  const corrected = await askAgain(said, problems, wanted);
  const second = bareJson(corrected?.choices[0]?.message.content ?? "");
  const left = await misfits(second, wanted);
  if (left === null) return { text: second, usage: corrected?.usage ?? null };
  const what = wanted.format.isGiven ? "what the JSON schema demands" : "the JSON that was asked for";
  const rules = [...new Set(left.map(({ keyword }) => keyword))].filter((rule) => rule !== "false").join(", ");
  throw new GatewayError("upstream_error", `The model's answer is not ${what}, not even the second time (${rules})`, {
    upstreamCode: "format_not_kept",
  });
}

async function misfits(text: string, { format, check }: Case) {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [{ at: "#", keyword: "json", says: "It is not valid JSON." }];
  }
  return check(format.schema, value);
}

async function askAgain(
  said: string,
  problems: { at: string; says: string }[],
  { telling, door }: Case,
): Promise<ChatCompletion | null> {
  if (!telling.again) return null;
  const words = problems.map(({ at, says }) => `${at}: ${says}`).join(" ");
  const second = { ...telling, ask: withCorrection(telling.ask, said, words) };
  const body = await telling.again(second.ask);
  if (second.ask.stream || door.alwaysStreams) return collectFrom(body, door, second);
  return JSON.parse(await door.completion(await new Response(body as unknown as BodyInit).text(), second));
}

function write(chunk: ChatChunk, choice: object): SseEvent {
  return { data: JSON.stringify({ ...chunk, choices: [choice] }) };
}

function sum(first: Usage | null | undefined, second: Usage | null): Usage | null | undefined {
  if (!first || !second) return first;
  return {
    ...first,
    prompt_tokens: first.prompt_tokens + second.prompt_tokens,
    completion_tokens: first.completion_tokens + second.completion_tokens,
    total_tokens: first.total_tokens + second.total_tokens,
    prompt_tokens_details: {
      cached_tokens: cached(first) + cached(second),
    },
    completion_tokens_details: {
      reasoning_tokens: reasoning(first) + reasoning(second),
    },
  };
}

const cached = ({ prompt_tokens_details: details }: Usage): number => details?.cached_tokens ?? 0;
const reasoning = ({ completion_tokens_details: details }: Usage): number => details?.reasoning_tokens ?? 0;
