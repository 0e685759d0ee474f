import type { Face, Frame } from "./faces/face.ts";
import { html, json, type Trouble, troubles, type Whole } from "./trouble.ts";
import { pieces, type Reply, type Usage } from "./words.ts";

/**
 * One way in which an upstream can misbehave. Each part changes one level of an answer: the words, the events, the bytes.
 * `arg` is what stands behind the colon: `stall:3`.
 */
export interface Scenario {
  /** What happens, in one line. */
  says: string;
  /** Answers in the model's place. */
  instead?: (face: Face, arg: string) => Whole | Frame[] | "silence" | "reset" | "close";
  /** How many times it happens when a question asks for it; from then on all is well. Without it: always. */
  times?: (arg: string) => number;
  reply?: (reply: Reply, arg: string) => Reply;
  usage?: (usage: Usage) => Usage | null;
  frames?: (frames: Frame[], face: Face, arg: string) => Frame[];
  /** Changes the text of one event. */
  write?: (text: string, frame: Frame) => string;
  headers?: Record<string, string>;
  steps?: (steps: Step[], arg: string) => Step[];
}

/** What the server does next: sends bytes, waits, or behaves badly. */
export type Step = Uint8Array | { waitMs: number } | "stall" | "reset" | "close";

export function findScenario(name: string): Scenario {
  const found = scenarios[name.split(":", 1)[0]!];
  if (found === undefined) throw new Error(`There is no scenario named ${name}`);
  return found;
}

export const scenarios: Record<string, Scenario> = {
  text: { says: "an answer without thinking", reply: (reply) => ({ ...reply, thinking: [] }) },
  think: { says: "thinking first", reply: (reply) => thinkingFirst(reply) },
  blank: { says: "a whole answer without a word", reply: (reply) => ({ ...reply, thinking: [], answer: [] }) },
  only_thinking: { says: "thinking and no answer", reply: (reply) => ({ ...thinkingFirst(reply), answer: [] }) },
  long: {
    says: "an answer of so many tokens",
    reply: (reply, arg) => ({
      ...reply,
      answer: Array.from({ length: Number(arg) || 200 }, (_, index) => ` word${index}`),
    }),
  },
  big_piece: {
    says: "one piece of so many thousand characters",
    reply: (reply, arg) => ({ ...reply, answer: ["~ é ".repeat((Number(arg) || 200) * 250)] }),
  },
  usage_missing: { says: "no usage at all", usage: () => null },
  usage_cached: {
    says: "a prompt that was all cached but for two tokens",
    usage: (usage) => ({ ...usage, prompt_tokens_details: { cached_tokens: usage.prompt_tokens - 2 } }),
  },
  length: { says: "finish reason length", reply: (reply) => ({ ...reply, finish: "length" }) },
  sensitive: { says: "finish reason sensitive", reply: (reply) => ({ ...reply, finish: "sensitive" }) },
  network_error: { says: "finish reason network_error", reply: (reply) => ({ ...reply, finish: "network_error" }) },
  context_window: {
    says: "finish reason model_context_window_exceeded",
    reply: (reply) => ({ ...reply, finish: "model_context_window_exceeded" }),
  },
  empty_tool_delta: {
    says: "finish reason tool_calls, and no call",
    reply: (reply) => ({ ...reply, calls: [], answer: [], finish: "tool_calls" }),
  },
  orphan_think: {
    says: "thinking leaks into the content, with a closing tag alone",
    reply: (reply) => ({ ...reply, thinking: [], answer: ["So", " it", " is", ".</", "think", ">", ...reply.answer] }),
  },
  boxed: {
    says: "an answer in box marks, as vision models give them",
    reply: (reply) => ({ ...reply, answer: ["<|begin_of_box|>", ...reply.answer, "<|end_of_box|>"] }),
  },

  // The web site's own ways.
  think_plain: {
    says: "web: thinking without the wrapper",
    reply: (reply) => thinkingFirst(reply),
    frames: onTheSite((frames) => frames.flatMap(withoutWrapper)),
  },
  edit_fix: {
    says: "web: a correction in the middle and text in phase other",
    frames: onTheSite((frames) => [
      ...[
        { delta_content: "The answr", phase: "answer" },
        { edit_index: 4, edit_content: "answer", phase: "answer" },
        { delta_content: " is 3", phase: "answer" },
        { edit_index: 15, edit_content: " See [1].", phase: "other" },
      ].map((data) => siteFrame("answer", data)),
      ...frames.filter(isEnding),
    ]),
  },
  tool_text: {
    says: "web: a tool call as fenced JSON text",
    reply: (reply) => {
      const calls = reply.calls.map(({ id, name, arguments: text }) => {
        return { id, type: "function", function: { name, arguments: text } };
      });
      return { ...reply, calls: [], answer: pieces(`\`\`\`json\n${JSON.stringify({ tool_calls: calls })}\n\`\`\``) };
    },
  },
  foreign_frames: {
    says: "web: frames of other types and a sub-agent's words between its own",
    frames: onTheSite((frames) => [
      { part: "answer", data: '{"type":"chat:title","data":"Tides"}' },
      { part: "answer", data: '{"type":"chat:completion","scope":"subagent","data":{"delta_content":"psst"}}' },
      ...frames,
    ]),
  },
  err426: inline("426", "Your client version check is failed, minimum 1.0.0"),
  busy: inline("MODEL_CONCURRENCY_LIMIT", "busy"),
  captcha: inline("FRONTEND_CAPTCHA_REQUIRED", "Please complete the captcha"),
  level403: inline("403", "Model not available for current user level"),
  wrong: inline("INTERNAL_ERROR", "Oops, something went wrong. Please try again later."),
  inner_error: {
    says: "web: the error stands in data.inner.error",
    instead: () => [siteFrame("error", { inner: { error: { code: "INTERNAL_ERROR", detail: "oops" } }, done: true })],
  },
  nested_error: {
    says: "web: the error stands in data.data.error",
    instead: () => [siteFrame("error", { data: { error: { code: 429, detail: "too many" } }, done: true })],
  },
  outer_error: {
    says: "web: the error stands beside data",
    instead: () => [
      { part: "error", data: '{"type":"chat:completion","error":{"code":"MODEL_CONCURRENCY_LIMIT","detail":"busy"}}' },
    ],
  },

  // Refusals before the answer. `e<status>_<code>` stands for every code of the official table (below).
  http400_sig: refused({ status: 400, code: "400", message: "Signature validation failed" }),
  http401: refused({ status: 401, code: "1002", message: "Authentication Token is invalid" }),
  http401_once: refused({ status: 401, code: "1002", message: "Authentication Token is invalid" }, 1),
  http403: refused({ status: 403, code: "1220", message: "You do not have permission to access this API" }),
  http405_waf: { says: "405 and the firewall's page", instead: () => html(405, "Access blocked") },
  http426: refused({ status: 426, code: "426", message: "Your client version check is failed" }),
  http429: refused({ status: 429, code: "429", message: "Too many requests" }),
  http429_retry_after: {
    says: "429 with Retry-After of so many seconds",
    instead: (face, arg) => {
      const whole = face.refusal({ status: 429, code: "429", message: "Too many requests" });
      return { ...whole, headers: { ...whole.headers, "Retry-After": arg || "7" } };
    },
  },
  http500: refused({ status: 500, code: "500", message: "Internal error" }),
  http500_path: refused({ status: 500, code: "500", message: "404 NOT_FOUND" }),
  http503: refused({ status: 503, code: "503", message: "Service unavailable" }),
  http529: refused({ status: 529, code: "1305", message: "Overloaded" }),
  bare_error: {
    says: "an error body without the error member",
    instead: () => json(400, { code: 1261, msg: "Prompt exceeds max length", success: false }),
  },
  redirect: {
    says: "a redirect to another host's path",
    instead: () => html(302, "Moved", { Location: "http://127.0.0.1:9/login" }),
  },
  fails_then_ok: {
    says: "so many refusals with 500, then answers",
    times: (arg) => Number(arg) || 1,
    instead: (face) => face.refusal({ status: 500, code: "1230", message: "API call process error" }),
  },
  e429_1302_then_ok: {
    says: "so many refusals with 1302, then answers",
    times: (arg) => Number(arg) || 1,
    instead: (face) => face.refusal(troubles[1302]!),
  },
  ...Object.fromEntries(
    Object.values(troubles).map((trouble) => [`e${trouble.status}_${trouble.code}`, refused(trouble)] as const),
  ),

  // Success that is none.
  html: { says: "200 and a page", instead: () => html(200, "Welcome") },
  empty_body: { says: "200 and nothing", instead: () => ({ ...json(200, ""), text: "" }) },
  not_json: {
    says: "200, JSON by its type, and it is not",
    instead: () => ({ ...json(200, {}), text: "upstream ok" }),
  },
  wrong_type: {
    says: "the right bytes under a wrong content type",
    headers: { "Content-Type": "application/octet-stream" },
  },
  error_200: {
    says: "200 and an error as JSON",
    instead: (face) => ({ ...face.refusal(troubles[1305]!), status: 200 }),
  },
  empty_stream: { says: "a stream that ends without an event", frames: () => [] },
  inband_first: {
    says: "an error as the first event; the code may be given",
    frames: (_, face, arg) => [face.inband(troubles[arg] ?? troubles[1305]!)],
  },
  inband_error: {
    says: "an error in the middle of the answer; the code may be given",
    frames: (frames, face, arg) => [...firstHalf(frames), face.inband(troubles[arg] ?? troubles[1305]!)],
  },
  err_mid: {
    says: "INTERNAL_ERROR in the middle of the answer",
    frames: (frames, face) => [
      ...firstHalf(frames),
      face.inband({ status: 500, code: "INTERNAL_ERROR", message: "oops" }),
    ],
  },
  event_error: {
    says: "an error under event: error",
    frames: (frames, face) => [...firstHalf(frames), { ...face.inband(troubles[1234]!), event: "error" }],
  },
  truncate_think: { says: "the stream ends in the thinking", frames: (frames) => halfOf(frames, "thinking") },
  truncate_answer: { says: "the stream ends in the answer", frames: (frames) => firstHalf(frames) },
  truncate_finish: {
    says: "the stream ends behind the answer, without a finish reason",
    frames: (frames) => frames.filter((frame) => !["finish", "usage", "done"].includes(frame.part)),
  },
  done_without_finish: {
    says: "[DONE] without a finish reason",
    frames: (frames) => [...firstHalf(frames), { part: "done", data: "[DONE]" }],
  },
  sentinel_none: { says: "no [DONE]", frames: (frames) => frames.filter((frame) => frame.part !== "done") },
  sentinel_done: {
    says: "[DONE] as plain text",
    frames: (frames) => frames.map((frame) => (frame.part === "done" ? { ...frame, data: "[DONE]" } : frame)),
  },
  sentinel_json: {
    says: "[DONE] inside JSON",
    frames: (frames) =>
      frames.map((frame) => (frame.part === "done" ? { ...frame, data: '{"data":"[DONE]"}' } : frame)),
  },
  after_done: {
    says: "words behind [DONE]",
    frames: (frames) => [...frames, ...frames.filter((frame) => frame.part === "answer").slice(-1)],
  },
  garbage_line: {
    says: "events that are not JSON, and lines that are no events, between the good ones",
    write: (text) => `: ping\n\ndata: {"half\n\nnonsense without a colon\n\n${text}`,
  },
  giant_frame: {
    says: "one event of 1 MB that means nothing",
    frames: (frames) => [
      { part: "answer", data: JSON.stringify({ type: "padding", pad: "x".repeat(1 << 20) }) },
      ...frames,
    ],
  },
  endless_line: {
    says: "a line of so many MB that never ends",
    frames: (frames, _, arg) => [{ part: "error", data: "x".repeat((Number(arg) || 16) << 20) }, ...frames],
    write: (text, frame) => (frame.part === "error" ? `data: ${frame.data}` : text),
  },

  // The wire.
  crlf: { says: "CR LF line ends", write: (text) => text.replaceAll("\n", "\r\n") },
  nospace: { says: "no space behind data:", write: (text) => text.replace("data: ", "data:") },
  split_utf8: { says: "a cut inside every character of several bytes", steps: (steps) => cut(steps, insideCharacters) },
  drip: { says: "a byte at a time", steps: (steps) => cut(steps, everyByte) },
  slow: {
    says: "so many milliseconds between events",
    steps: (steps, arg) => steps.flatMap((step) => [{ waitMs: Number(arg) || 50 }, step]),
  },
  late: {
    says: "so many milliseconds of silence behind the headers, then the answer",
    steps: (steps, arg) => [{ waitMs: Number(arg) || 300 }, ...steps],
  },
  silence: { says: "not even headers", instead: () => "silence" },
  stall: {
    says: "silence behind so many events (0: behind the headers)",
    steps: (steps, arg) => breakOff(steps, arg, "stall"),
  },
  reset: { says: "a reset behind so many events", steps: (steps, arg) => breakOff(steps, arg, "reset") },
  close: {
    says: "the connection is closed behind so many events",
    steps: (steps, arg) => breakOff(steps, arg, "close"),
  },
  reset_first: { says: "a reset instead of headers", instead: () => "reset" },
  close_first: { says: "the connection is closed instead of headers", instead: () => "close" },
};

function inline(code: string, message: string): Scenario {
  return {
    says: `an error ${code} as the first event`,
    instead: (face) => [face.inband({ status: 200, code, message })],
  };
}

function refused(trouble: Trouble, times?: number): Scenario {
  return {
    says: `${trouble.status}: ${trouble.message}`,
    instead: (face) => face.refusal(trouble),
    ...(times !== undefined && { times: () => times }),
  };
}

function thinkingFirst(reply: Reply): Reply {
  if (reply.thinking.length > 0) return reply;
  return { ...reply, thinking: pieces("Let me see.\nYes, that will do.") };
}

/** What only the web site does; the other faces go on as usual. */
function onTheSite(change: (frames: Frame[]) => Frame[]): Scenario["frames"] {
  return (frames, face) => (face.name === "web" ? change(frames) : frames);
}

function withoutWrapper(frame: Frame): Frame[] {
  const { data } = JSON.parse(frame.data) as { data: { delta_content?: string; edit_content?: string } };
  if (frame.part === "thinking") {
    return [
      siteFrame("thinking", {
        delta_content: data.delta_content?.replace(/^<details[\s\S]*?\n> /, ""),
        phase: "thinking",
      }),
    ];
  }
  if (data.edit_content === undefined) return [frame];
  return [
    siteFrame("answer", { delta_content: data.edit_content.replace(/^[\s\S]*?<\/details>\n/, ""), phase: "answer" }),
  ];
}

function siteFrame(part: Frame["part"], data: object): Frame {
  return { part, data: JSON.stringify({ type: "chat:completion", data }) };
}

function isEnding(frame: Frame): boolean {
  return ["usage", "finish", "done"].includes(frame.part);
}

/** Everything up to the middle of the answer. */
function firstHalf(frames: Frame[]): Frame[] {
  return halfOf(frames, "answer");
}

function halfOf(frames: Frame[], part: Frame["part"]): Frame[] {
  const first = frames.findIndex((frame) => frame.part === part);
  if (first === -1) return frames.filter((frame) => !isEnding(frame));
  const count = frames.filter((frame) => frame.part === part).length;
  return frames.slice(0, first + Math.ceil(count / 2));
}

function breakOff(steps: Step[], arg: string, how: Step): Step[] {
  const count = Math.min(arg === "" ? 2 : Number(arg), steps.length - 1);
  // A reset makes systems throw away what was not read yet, so what was sent gets time to arrive.
  return [...steps.slice(0, count), { waitMs: 30 }, how];
}

/** Sends the same bytes in other pieces, each in a write of its own. */
function cut(steps: Step[], at: (bytes: Uint8Array) => number[]): Step[] {
  return steps.flatMap((step) => {
    if (!(step instanceof Uint8Array)) return [step];
    const places = [0, ...at(step), step.length];
    return places.slice(1).flatMap((end, index): Step[] => [{ waitMs: 0 }, step.subarray(places[index]!, end)]);
  });
}

function insideCharacters(bytes: Uint8Array): number[] {
  return [...bytes.keys()].filter((index) => (bytes[index]! & 0xc0) === 0x80);
}

function everyByte(bytes: Uint8Array): number[] {
  return [...bytes.keys()].slice(1);
}
