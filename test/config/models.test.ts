import { expect, test } from "bun:test";
import { loadConfig } from "~/config/load.ts";

const settingsOf = (env: Record<string, string>) => loadConfig(env, null).settings;
const problemsOf = (env: Record<string, string>): string => {
  try {
    loadConfig(env, null);
    return "";
  } catch (error) {
    return String(error);
  }
};

test("limits in flight are one number, or a number for each model", () => {
  expect(settingsOf({}).upstreamInFlight).toBeNull();
  expect(settingsOf({ UPSTREAM_IN_FLIGHT: "3" }).upstreamInFlight).toEqual({ "*": 3 });
  const byModel = settingsOf({ UPSTREAM_IN_FLIGHT: "GLM-4.7=1, glm-4.5-air=5,*=3" }).upstreamInFlight;
  expect(byModel).toEqual({ "glm-4.7": 1, "glm-4.5-air": 5, "*": 3 });
  for (const bad of ["0", "-1", "glm-4.7", "glm-4.7=0", "a=1,a=2", "a=1,", "10001"])
    expect(problemsOf({ UPSTREAM_IN_FLIGHT: bad })).toContain("UPSTREAM_IN_FLIGHT");
});

test("each model of a chain is followed by the rest of it", () => {
  const chains = settingsOf({ MODEL_FAILOVER: "GLM-5>glm-4.7>glm-4.5-air; glm-4.6 > glm-4.5-air" }).modelFailover;
  expect(chains).toEqual({
    "glm-5": ["glm-4.7", "glm-4.5-air"],
    "glm-4.7": ["glm-4.5-air"],
    "glm-4.6": ["glm-4.5-air"],
  });
  for (const bad of ["glm-5", "a>", ">a", "a>b;a>c", ";"])
    expect(problemsOf({ MODEL_FAILOVER: bad })).toContain("MODEL_FAILOVER");
});

test("a SOCKS proxy is refused at the start with a sentence, and no proxy's password is repeated", () => {
  const secret = crypto.randomUUID();
  for (const bad of [`socks5://me:${secret}@127.0.0.1:1080`, `ftp://me:${secret}@a`, `http://me:${secret}@a/path`]) {
    const problem = problemsOf({ UPSTREAM_PROXY: bad });
    expect(problem).toContain("UPSTREAM_PROXY");
    expect(problem).not.toContain(secret);
  }
  expect(problemsOf({ UPSTREAM_PROXY: "socks5://127.0.0.1:1080" })).toContain("no SOCKS");
  const { upstreamProxy } = settingsOf({ UPSTREAM_PROXY: "http://me:pass@127.0.0.1:3128/" });
  expect(upstreamProxy).toBe("http://me:pass@127.0.0.1:3128");
});
