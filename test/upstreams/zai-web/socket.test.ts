import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import { GatewayError } from "~/errors.ts";
import { type Simulator, startSimulator } from "~/simulator/simulator.ts";
import type { Outgoing, Target } from "~/upstreams/upstream.ts";
import { zaiWeb } from "~/upstreams/zai-web/index.ts";
import { readEvents } from "~/wire/sse.ts";
import { through } from "../../helpers/through.ts";
import { plainQuestion, type Seen, see, telling, words } from "./telling.ts";

let site: Simulator;
let account: Target;
beforeAll(async () => {
  site = await startSimulator();
  account = { upstream: "harbour", url: site.webUrl, token: "user-token", isGuest: false };
});
beforeEach(() => site.reset());
afterAll(() => site.stop());

const send = ({ url, method, headers, body }: Outgoing) =>
  fetch(url, { method, headers, body: body as BodyInit | null, redirect: "manual" });

/** One question to the simulated site, as the gateway would put it. */
async function asked(scenario: string | null, wish: Parameters<typeof telling>[1] = {}): Promise<Seen> {
  if (scenario !== null) site.next(scenario);
  const told = telling(plainQuestion, { target: account, ...wish });
  const answer = await send(zaiWeb.chat.ask(told, Date.now()));
  const contentType = answer.headers.get("content-type") ?? "";
  if (answer.status === 200 && !contentType.includes("html")) {
    return see(
      through(answer.body!, (next) => readEvents(zaiWeb.chat.stream(next, told))),
      told,
    );
  }
  const text = await answer.text();
  const refused = { status: answer.status, contentType, text, target: account, at: 0 };
  const error = zaiWeb.failure({ ...refused, hasMedia: false, baseIsDefault: false });
  return { deltas: [], finish: null, usage: null, error };
}

test("asks the site nothing that it objects to", async () => {
  const seen = await asked(null);
  expect(seen.error).toBeNull();
  expect(seen.finish).toBe("stop");
  expect(words(seen, "content")).not.toBe("");
  expect(site.violations()).toEqual([]);
});

test("gets a new guest's token each time, and an answer with it", async () => {
  const guest = { ...account, token: null, isGuest: true };
  const tokens: (string | null)[] = [];
  for (let i = 0; i < 2; i++) tokens.push(zaiWeb.guest!.read(await (await send(zaiWeb.guest!.ask(account))).text()));
  expect(new Set(tokens).size).toBe(2);
  const seen = await asked(null, { target: { ...guest, token: tokens[0]! } });
  expect(seen.finish).toBe("stop");
  expect(site.violations()).toEqual([]);
});

test("hears the same answer whatever the wire does to it", async () => {
  for (const scenario of ["think", "think_plain"]) {
    const told = await asked(scenario);
    expect(words(told, "reasoning_content")).not.toBe("");
    for (const wire of ["crlf", "nospace", "split_utf8", "drip", "garbage_line", "foreign_frames", "giant_frame"]) {
      expect(await asked(`${scenario}+${wire}`)).toEqual(told);
    }
    for (const ending of ["sentinel_none", "sentinel_done", "sentinel_json", "after_done"]) {
      expect(await asked(`${scenario}+${ending}`)).toEqual(told);
    }
    const whole = await asked(scenario, { stream: false });
    expect(words(whole, "content")).toBe(words(told, "content"));
    expect(words(whole, "reasoning_content")).toBe(words(told, "reasoning_content"));
  }
});

test("takes none of the site's failures for an answer", async () => {
  const kinds: Record<string, string> = {
    err426: "upstream_client_outdated",
    busy: "upstream_rate_limited",
    captcha: "upstream_challenge",
    level403: "model_not_available",
    wrong: "upstream_error",
    inner_error: "upstream_error",
    nested_error: "upstream_rate_limited",
    outer_error: "upstream_rate_limited",
    err_mid: "upstream_error",
    http400_sig: "upstream_challenge",
    http401: "upstream_auth_failed",
    http403: "upstream_auth_failed",
    http405_waf: "upstream_challenge",
    http426: "upstream_client_outdated",
    http429: "upstream_rate_limited",
    http500: "upstream_error",
    redirect: "upstream_error",
    html: "upstream_error",
    blank: "upstream_incomplete",
  };
  for (const [scenario, kind] of Object.entries(kinds)) {
    const seen = await asked(scenario);
    expect([scenario, seen.error?.kind]).toEqual([scenario, kind]);
    expect(seen.error).toBeInstanceOf(GatewayError);
    expect(seen.finish).toBeNull();
  }
  for (const scenario of ["truncate_think", "truncate_answer", "empty_stream"]) {
    const seen = await asked(scenario);
    expect([scenario, seen.finish]).toEqual([scenario, null]);
  }
});
