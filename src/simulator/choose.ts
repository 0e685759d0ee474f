import { isRecord, recordsIn } from "./faces/face.ts";
import type { Exchange } from "./http.ts";
import type { Chosen } from "./play.ts";
import { findScenario, type Scenario } from "./scenarios.ts";

/** Which requests a scenario is meant for. */
export type Kind = "chat" | "models" | "guest";

/** Decides what happens to each request: what was queued, what the question itself asks for, what a bearer deserves. */
export interface Chooser {
  next(scenario: string | Scenario, kind: Kind): void;
  always(scenario: string | null): void;
  refuse(bearer: string, scenario: string): void;
  choose(kind: Kind, exchange: Exchange, body: Record<string, unknown>): Chosen[];
  reset(): void;
}

export function createChooser(): Chooser {
  const queues: Record<Kind, Chosen[][]> = { chat: [], models: [], guest: [] };
  const bearers = new Map<string, string>();
  const played = new Map<string, number>();
  let standing: string | null = null;

  /** `think+crlf` are two; one that happens a few times only stops when a question has asked for it that often. */
  function parse(text: string): Chosen[] {
    const chosen = parseNames(text);
    const before = played.get(text) ?? 0;
    played.set(text, before + 1);
    return chosen.filter(({ scenario, arg }) => before < (scenario.times?.(arg) ?? Number.POSITIVE_INFINITY));
  }

  return {
    next(scenario, kind) {
      queues[kind].push(typeof scenario === "string" ? parseNames(scenario) : [{ scenario, arg: "" }]);
    },
    always(scenario) {
      standing = scenario;
    },
    refuse(bearer, scenario) {
      bearers.set(bearer, scenario);
    },
    choose(kind, exchange, body) {
      const queued = queues[kind].shift();
      if (queued !== undefined) return queued;
      const bearer = exchange.header("authorization")?.replace(/^Bearer /, "") ?? exchange.header("x-api-key") ?? "";
      const named =
        bearers.get(bearer) ??
        exchange.header("x-fake-scenario") ??
        (kind === "chat" ? (inQuestion(body) ?? inModel(body)) : undefined) ??
        (kind === "chat" ? standing : null);
      return named === null ? [] : parse(named);
    },
    reset() {
      for (const queue of Object.values(queues)) queue.length = 0;
      bearers.clear();
      played.clear();
      standing = null;
    },
  };
}

function parseNames(text: string): Chosen[] {
  return text.split("+").map((name) => ({ scenario: findScenario(name), arg: name.split(":").slice(1).join(":") }));
}

/** `[[scenario:stall]]` anywhere in the last user message: it crosses every gateway. */
function inQuestion(body: Record<string, unknown>): string | undefined {
  const asked = recordsIn(body.messages ?? body.input).findLast(({ role }) => role === "user");
  const content = asked?.content ?? body.input;
  const text =
    typeof content === "string"
      ? content
      : recordsIn(content)
          .map((part) => `${part.text ?? ""}`)
          .join("\n");
  return /\[\[scenario:([^\]]+)\]\]/.exec(text)?.[1];
}

/** `glm-4.7+stall`, for upstreams that take any name. */
function inModel(body: Record<string, unknown>): string | undefined {
  if (!isRecord(body) || typeof body.model !== "string" || !body.model.includes("+")) return undefined;
  return body.model.slice(body.model.indexOf("+") + 1);
}
