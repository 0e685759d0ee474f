/**
 * The small world that tests, seeds and screenshots share: a harbour and those who ask it things. Everything has a name
 * to remember; nobody and nothing in it exists.
 */
export const world = {
  /** Who holds a client key, and for what. */
  keys: {
    laptop: { name: "deck laptop", does: "chats, and reads the thinking" },
    pilot: { name: "pilot-agent", does: "an agent: many tool calls, small answers" },
    harbour: { name: "harbour-app", does: "an app with steady traffic and short prompts" },
    night: { name: "night-report", does: "one long report each night" },
  },
  models: { usual: "glm-4.7", small: "glm-4.5-air", seeing: "glm-4.5v", web: "0727-360B-API" },
  questions: {
    sum: "What is 7 + 5?",
    poem: "Write a poem about the tide.",
    tide: "How high is the tide in Brest?",
    chinese: "今天的潮水几点到？",
  },
  answers: { sum: "7 + 5 = 12." },
  tools: {
    tide: {
      type: "function" as const,
      function: {
        name: "get_tide",
        description: "The height of the tide in a port",
        parameters: { type: "object", properties: { port: { type: "string" } }, required: ["port"] },
      },
    },
  },
  userAgents: {
    openai: "OpenAI/JS 7.57.0",
    cherry: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 CherryStudio/1.6.0 Chrome/138.0.0.0",
    curl: "curl/8.5.0",
  },
  /** From the ranges that are kept free for examples. https://www.rfc-editor.org/rfc/rfc5737 */
  addresses: { laptop: "192.0.2.10", pilot: "198.51.100.7", harbour: "203.0.113.5", six: "2001:db8::5" },
};

/** A picture of one pixel. */
export const pixel =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";

/** A key that no scanner takes for a real one, long enough to be imported. */
export function fakeKey(name: string): string {
  return `fake-${name}-${crypto.randomUUID()}`;
}
