/**
 * A handful of real requests to a fresh zgate, so that nobody looks at an empty dashboard: answers, streams, thinking,
 * tools, refusals, an upstream that breaks, a client that leaves.
 */
export async function visit(url: string, key: string): Promise<void> {
  const send = async ({ agent, body, keyed = true, leavesAfterMs }: Visit) => {
    const headers = {
      "Content-Type": "application/json",
      "User-Agent": agent,
      Authorization: `Bearer ${keyed ? key : "a-key-that-nobody-has-made"}`,
    };
    const signal = leavesAfterMs === undefined ? null : AbortSignal.timeout(leavesAfterMs);
    const request = { method: "POST", headers, body: JSON.stringify(body), signal };
    // What goes wrong here is meant to: it shows on the dashboard.
    await fetch(`${url}/v1/chat/completions`, request)
      .then((response) => response.text())
      .catch(() => {});
  };
  // The account rests after this one, until the others are answered.
  await send(broke);
  await Promise.all(visits.map(send));
}

interface Visit {
  agent: string;
  body: object;
  keyed?: boolean;
  leavesAfterMs?: number;
}

const openai = "OpenAI/JS 7.57.0";
const cherry = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 CherryStudio/1.6.0 Chrome/138.0.0.0";
const curl = "curl/8.5.0";

const tide = {
  type: "function",
  function: {
    name: "get_tide",
    description: "The height of the tide in a port",
    parameters: { type: "object", properties: { port: { type: "string" } }, required: ["port"] },
  },
};

const broke: Visit = { agent: openai, body: ask("glm-4.7", "Hello [[scenario:e429_1113]]") };
const visits: Visit[] = [
  { agent: openai, body: ask("glm-4.7", "What is 7 + 5?") },
  { agent: openai, body: ask("glm-4.7", "How high is the tide in Brest?", { tools: [tide] }) },
  { agent: openai, body: ask("glm-4.5-air", "Count to 30", { stream: true }) },
  { agent: cherry, body: ask("glm-4.6", "Write a poem about the harbour.", { stream: true }) },
  { agent: cherry, body: ask("glm-4.6", "你好", { stream: true, stream_options: { include_usage: true } }) },
  { agent: curl, body: ask("GLM-4.5", "Hello there", { thinking: { type: "disabled" } }) },
  { agent: curl, body: ask("glm-4.5-air", "Count to 400", { stream: true }), leavesAfterMs: 700 },
  { agent: openai, body: ask("glm-4.7", "Hello [[scenario:truncate_answer]]", { stream: true }) },
  { agent: curl, body: ask("glm-99", "Is there such a model?") },
  { agent: curl, body: ask("glm-4.7", "Will you let me in?"), keyed: false },
];

function ask(model: string, content: string, more: object = {}): object {
  return { model, messages: [{ role: "user", content }], ...more };
}
