import type { Gateway, Upstream } from "./gateways.ts";
import { type Question, request } from "./load.ts";

export interface Wish {
  stream: boolean;
  dialect: Upstream["dialect"];
}

/** A chat completion as a client sends it. `filler` makes its body larger by so many bytes. */
export function questionFor(
  { stream, dialect }: Wish,
  { port, path, name, headers: more }: Pick<Gateway, "port" | "path" | "name" | "headers">,
  key: string,
  filler = 0,
): Question {
  const body = JSON.stringify({
    model: "glm-4.7",
    messages: [
      { role: "system", content: `You are a helpful assistant that answers in a sentence or two.${words(filler)}` },
      { role: "user", content: "What does a gateway do, and why would somebody want one in front of a model?" },
    ],
    stream,
  });
  const headers = {
    authorization: `Bearer ${key}`,
    "content-type": "application/json",
    accept: "*/*",
    "user-agent": "zgate-bench/1.0",
    ...more,
  };
  // The web chat's own stream ends in another way, and only zgate translates it.
  const isTold = stream && (dialect !== "zai-web" || name === "zgate");
  return { port, bytes: request(path, headers, body), ending: isTold ? "data: [DONE]" : "" };
}

const words = (bytes: number): string => " and so on, line after line,\n".repeat(Math.ceil(bytes / 29)).slice(0, bytes);
