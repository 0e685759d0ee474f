import { describe, expect, test } from "bun:test";
import { effectiveSettings } from "~/config/effective.ts";
import { ConfigError, loadConfig } from "~/config/load.ts";
import { withoutEffect } from "~/config/names.ts";
import type { Setting } from "~/config/setting.ts";
import { type SettingKey, settingsTable } from "~/config.ts";

const rows = Object.keys(settingsTable).map((key): Setting<unknown> => settingsTable[key as SettingKey]);
const settingsOf = (env: Record<string, string>, file: string | null = null) => loadConfig(env, file).settings;

function problemsOf(env: Record<string, string>, file: string | null = null): string[] {
  try {
    loadConfig(env, file);
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown.problems;
    throw thrown;
  }
  throw new Error("these settings were accepted");
}

describe("the table of settings", () => {
  test("has each name once", () => {
    const names = rows.flatMap((row) => [row.name, ...row.aliases]);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  test("accepts its own defaults", () => {
    for (const row of rows) if (row.default !== null) expect(() => row.kind.parse(row.default as string)).not.toThrow();
  });

  test("says in both languages what each setting means", () => {
    for (const { name, means, kind } of rows) {
      expect([name, means.zh, kind.range.en.length > 0]).toEqual([
        name,
        expect.stringMatching(/\p{Script=Han}/u),
        true,
      ]);
      expect(means.en).not.toMatch(/\p{Script=Han}/u);
    }
  });

  // Both variable tables, as the older systems' documents list them.
  const zToApi = "DEFAULT_KEY MODEL_NAME DEBUG_MODE DEFAULT_STREAM DASHBOARD_ENABLED UPSTREAM_URL ZAI_TOKEN PORT";
  const zAi2api = `ZAI_API_BASE ZAI_PORT ZAI_DEBUG_MODE ZAI_UPSTREAM_TOKEN ZAI_ANON_TOKEN_ENABLED ZAI_API_KEY
    ZAI_API_KEY_ENABLED ZAI_MODEL_NAME ZAI_THINK_TAGS_MODE ZAI_MODELS_CACHE_TTL ZAI_AUTH_TOKEN_CACHE_TTL
    ZAI_CONTENT_CACHE_TTL ZAI_CACHE_DEFAULT_TTL ZAI_CACHE_MAX_SIZE ZAI_LOG_LEVEL ZAI_CORS_ORIGINS ZAI_REQUEST_TIMEOUT
    ZAI_STREAM_TIMEOUT ZAI_ENABLE_PERFORMANCE_MONITORING ZAI_ENABLE_REQUEST_TRACING ZAI_MAX_CONCURRENT_REQUESTS`;
  test.each(`${zToApi} ${zAi2api}`.split(/\s+/))("knows the older name %s", (name) => {
    expect(rows.some((row) => row.name === name || row.aliases.includes(name))).toBe(true);
  });

  test("has a word on every name that only the older code knew", () => {
    const names = `ZAI_NON_STREAM_TIMEOUT ZAI_MULTIMODAL_TIMEOUT ZAI_ANTHROPIC_API_KEY ZAI_FUNCTION_CALL_ENABLED
      ZAI_MAX_JSON_SCAN ZAI_SSE_HEARTBEAT_SECONDS ZAI_INCLUDE_THINKING ZAI_TOOL_CALL_TIMEOUT ZAI_TOOL_CALL_RETRY_COUNT
      ZAI_TOOL_CALL_RETRY_BACKOFF ZAI_LOG_FORMAT ZAI_AUTO_RELOAD ZAI_SHOW_ERRORS_DETAIL`.split(/\s+/);
    const known = [...rows.flatMap((row) => row.aliases), ...Object.keys(withoutEffect)];
    expect(names.filter((name) => !known.includes(name))).toEqual([]);
  });
});

describe("reading the settings", () => {
  test("needs nothing to be set", () => {
    const { settings, notes } = loadConfig({}, null);
    expect(notes).toEqual([]);
    expect(settings).toMatchObject({
      port: 9090,
      host: "127.0.0.1",
      dataDir: "./data",
      requestTimeoutMs: 900_000,
      streamTimeoutMs: 300_000,
      maxRequestsInFlight: 1000,
      firstFrameHoldMs: 15_000,
      maxBodyBytes: 32 * 1024 * 1024,
      defaultStream: false,
      modelsPublic: true,
      thinkTagsMode: "reasoning",
      durability: "ack",
      upstream: { dialect: "zai-web" },
    });
  });

  test("understands the sample file of Z.ai2api once its placeholders are filled in", () => {
    const key = `own-${"k".repeat(28)}`;
    const token = `own-${"t".repeat(28)}`;
    const { settings, notes } = loadConfig({}, zAi2apiSample(token, key));
    expect(settings).toMatchObject({
      port: 8080,
      debugMode: false,
      zaiToken: token,
      anonTokenEnabled: true,
      defaultKey: key,
      apiKeyEnabled: true,
      modelName: "GLM-4.5",
      thinkTagsMode: "think",
      modelsCacheTtlMs: 300_000,
      guestTokenTtlMs: 600_000,
      cacheDefaultTtlMs: 300_000,
      cacheMaxSize: 1000,
      logLevel: "info",
      corsOrigins: ["*"],
      requestTimeoutMs: 60_000,
      streamTimeoutMs: 120_000,
      performanceMonitoring: true,
      requestTracing: true,
      maxRequestsInFlight: 100,
      upstream: { dialect: "zai-web", url: "https://chat.z.ai/api/chat/completions", baseIsDefault: false },
    });
    expect(notes).toEqual([
      "ZAI_CONTENT_CACHE_TTL has no effect: zgate keeps no answers, so there is nothing to cache.",
    ]);
  });

  test("understands the recommended values of ZtoApi", () => {
    const env = { DEBUG_MODE: "true", DEFAULT_STREAM: "true", DASHBOARD_ENABLED: "true", PORT: "9090" };
    const upstream = "https://chat.z.ai/api/chat/completions";
    expect(settingsOf({ ...env, MODEL_NAME: "GLM-4.5-Pro", UPSTREAM_URL: upstream, ZAI_TOKEN: "" })).toMatchObject({
      debugMode: true,
      logLevel: "debug",
      defaultStream: true,
      dashboardEnabled: true,
      modelName: "GLM-4.5-Pro",
      zaiToken: null,
      upstream: { dialect: "zai-web", url: upstream },
    });
  });

  test("takes the environment before .env, a canonical name before an alias, and says when they differ", () => {
    const { settings, notes, sources } = loadConfig(
      { PORT: "1111", ZAI_MODEL_NAME: "GLM-4.5" },
      "PORT=2222\nZAI_PORT=3333",
    );
    expect(settings.port).toBe(1111);
    expect(sources.port).toEqual({ from: "environment", name: "PORT" });
    expect(sources.modelName).toEqual({ from: "environment", name: "ZAI_MODEL_NAME" });
    expect(notes).toEqual(["PORT and ZAI_PORT say different things; PORT counts."]);
    expect(loadConfig({ PORT: "3333" }, "ZAI_PORT=3333").notes).toEqual([]);
  });

  test("counts empty as unset, wherever it stands", () => {
    expect(settingsOf({ PORT: " ", ZAI_PORT: "8080" }).port).toBe(8080);
    expect(settingsOf({ PORT: "" }, "PORT=7070").port).toBe(7070);
    expect(settingsOf({ ADMIN_PASSWORD: "''" }).adminPassword).toBeNull();
  });

  test("takes the quotes off that Docker leaves on", () => {
    expect(settingsOf({ MODEL_NAME: '"GLM-4.5-Air"' }).modelName).toBe("GLM-4.5-Air");
    expect(problemsOf({ ADMIN_PASSWORD: `"half ${"quoted"}` })[0]).toStartWith("ADMIN_PASSWORD: a value that begins");
  });

  test.each(["true", "1", "YES", "On"])("reads %s as yes", (word) => {
    expect(settingsOf({ DEFAULT_STREAM: word }).defaultStream).toBe(true);
  });

  test.each(["false", "0", "No", "OFF"])("reads %s as no", (word) => {
    expect(settingsOf({ DASHBOARD_ENABLED: word }).dashboardEnabled).toBe(false);
  });

  test.each([
    ["DEBUG", "debug"],
    ["INFO", "info"],
    ["WARNING", "warning"],
    ["warn", "warning"],
    ["ERROR", "error"],
    ["CRITICAL", "critical"],
  ])("reads the log level %s", (word, level) => {
    expect<string>(settingsOf({ ZAI_LOG_LEVEL: word }).logLevel).toBe(level);
  });

  test("lets a log level that was set win over the debug mode, and says so", () => {
    const { settings, notes } = loadConfig({ DEBUG_MODE: "true", LOG_LEVEL: "ERROR" }, null);
    expect(settings.logLevel).toBe("error");
    expect(notes[0]).toContain("LOG_LEVEL counts");
  });

  test("hides thinking for INCLUDE_THINKING=false unless a mode was chosen", () => {
    expect(settingsOf({ ZAI_INCLUDE_THINKING: "false" }).thinkTagsMode).toBe("hide");
    expect(settingsOf({ ZAI_INCLUDE_THINKING: "false", THINK_TAGS_MODE: "think" }).thinkTagsMode).toBe("think");
  });

  test("obeys a time exactly as it was given", () => {
    expect(settingsOf({ REQUEST_TIMEOUT: "0.25" }).requestTimeoutMs).toBe(250);
    expect(settingsOf({ ZAI_AUTH_TOKEN_CACHE_TTL: "0" }).guestTokenTtlMs).toBe(0);
    expect(settingsOf({ ZAI_NON_STREAM_TIMEOUT: "30" }).requestTimeoutMs).toBe(30_000);
  });

  test.each([
    ["32MB", 33_554_432],
    ["2048", 2048],
    ["1 KiB", 1024],
    ["1g", 1024 ** 3],
  ])("reads the size %s", (text, bytes) => {
    expect(settingsOf({ MAX_BODY_SIZE: text }).maxBodyBytes).toBe(bytes);
  });

  test("reads origins as browsers send them, and no origin at all while keys are off", () => {
    expect(settingsOf({ CORS_ORIGINS: "https://a.example/, http://b.example:8080" }).corsOrigins).toEqual([
      "https://a.example",
      "http://b.example:8080",
    ]);
    expect(settingsOf({ CORS_ORIGINS: "none" }).corsOrigins).toEqual([]);
    expect(settingsOf({ API_KEY_ENABLED: "false" }).corsOrigins).toEqual([]);
    expect(settingsOf({ API_KEY_ENABLED: "false", CORS_ORIGINS: "*" }).corsOrigins).toEqual(["*"]);
  });

  test("reads trusted proxies as networks", () => {
    expect(settingsOf({ TRUSTED_PROXIES: "loopback,10.1.2.3, fd00::/8" }).trustedProxies).toEqual([
      "127.0.0.0/8",
      "::1/128",
      "10.1.2.3/32",
      "fd00::/8",
    ]);
  });

  test("reads a time zone, and a path as the machine's own", () => {
    expect(settingsOf({ TZ: "Europe/Berlin" }).timezone).toBe("Europe/Berlin");
    expect(settingsOf({ TZ: ":/etc/localtime" }).timezone).toBe(Intl.DateTimeFormat().resolvedOptions().timeZone);
  });

  test("speaks Chinese where the locale does", () => {
    expect(settingsOf({ LANG: "zh_CN.UTF-8" }).language).toBe("zh");
    expect(settingsOf({ LC_ALL: "en_US.UTF-8", LANG: "zh_CN.UTF-8" }).language).toBe("en");
    expect(problemsOf({ LANG: "zh_CN.UTF-8", PORT: "x" })[0]).toStartWith("PORT 的值是");
  });

  test("reports names that nobody knows, with the nearest one", () => {
    const { notes } = loadConfig(
      { ZAI_TOKNE: "x", ZGATE_FOO: "x", HOSTNAME: "box", NODE_ENV: "x" },
      "PROT=1\nCOMPOSE_FILE=x",
    );
    expect(notes).toEqual([
      "PROT is not a setting and is ignored. Did you mean PORT?",
      "ZAI_TOKNE is not a setting and is ignored. Did you mean ZAI_TOKEN?",
      "ZGATE_FOO is not a setting and is ignored.",
    ]);
  });
});

describe("a configuration that cannot be", () => {
  test.each([
    ["PORT", "abc", "PORT is 3 characters (letters); it must be a whole number from 0 to 65535."],
    ["ZAI_PORT", "70000", "ZAI_PORT is the number 70000; it must be a whole number from 0 to 65535."],
    ["CACHE_MAX_SIZE", "0", "CACHE_MAX_SIZE is the number 0; it must be a whole number from 1 to 1000000."],
    ["STREAM_TIMEOUT", "-1", "STREAM_TIMEOUT is the number -1; it must be seconds, 0.1 to 86400."],
    [
      "THINK_TAGS_MODE",
      "loud",
      "THINK_TAGS_MODE is 4 characters (letters); it must be reasoning, think, pure, raw, strip, hide.",
    ],
    ["TZ", "Mars/Olympus", "TZ is 12 characters (with other signs); it must be a time zone like Europe/Berlin or UTC."],
  ])("names %s, the form of its value and the range", (name, value, problem) => {
    expect(problemsOf({ [name]: value })).toEqual([problem]);
  });

  test.each([
    ["CORS_ORIGINS", "https://a.example/path"],
    ["CORS_ORIGINS", "*, https://a.example"],
    ["CORS_ORIGINS", "null"],
    ["TRUSTED_PROXIES", "10.0.0.0/33"],
    ["TRUSTED_PROXIES", "everybody"],
    ["UPSTREAM_URL", "ftp://a.example"],
    ["UPSTREAM_URL", "chat.z.ai"],
    ["UPSTREAM_URL", "https://name:word@a.example"],
    ["UPSTREAM_URL", "https://a.example/v1?key=1"],
    ["UPSTREAM_URL", "https://api.z.ai/api/anthropic"],
    ["UPSTREAM_DIALECT", "soap"],
    ["DEFAULT_STREAM", "maybe"],
    ["KEY_PREFIX", "sk_zg"],
    ["DEFAULT_KEY", "too-short"],
    ["ADMIN_PASSWORD", "short"],
    ["MAX_BODY_SIZE", "12 parsecs"],
    ["OPEN_TO_ALL", "true"],
  ])("has %s=%s in it", (name, value) => {
    expect(problemsOf({ [name]: value })).toEqual([expect.stringContaining(name)]);
  });

  test.each([
    ["DEFAULT_KEY", "sk-your-key"],
    ["DEFAULT_KEY", "sk-your-local-key"],
    ["DEFAULT_KEY", "sk-your-development-key"],
    ["DEFAULT_KEY", "sk-your-production-key"],
    ["DEFAULT_KEY", "sk-my-secure-key-2024"],
    ["DEFAULT_KEY", "your-secure-key"],
    ["DEFAULT_KEY", "sk-$(openssl rand -hex 32)"],
    ["ZAI_API_KEY", "your-secret-api-key-here"],
    ["ZAI_UPSTREAM_TOKEN", "your-upstream-token-here"],
    ["ZAI_UPSTREAM_TOKEN", "YOUR-UPSTREAM-TOKEN-HERE"],
    ["ZAI_TOKEN", "eyJhbGciOiJFUzI1NiIs..."],
    // A token in the place of a key, and the other way round.
    ["DEFAULT_KEY", "your-upstream-token-here"],
    ["ZAI_TOKEN", "sk-your-local-key"],
  ])("has the sample value %s=%s in it, and says how to get a good one", (name, value) => {
    const [problem] = problemsOf({ [name]: value });
    expect(problem).toStartWith(`${name} is a sample value`);
    expect(problem).toMatch(/openssl rand -hex 32|z\.ai\/manage-apikey/);
  });

  test("lists everything that is wrong at once", () => {
    expect(problemsOf({ PORT: "x", HOST: "a b" }, "export A=1")).toHaveLength(3);
  });

  test("never shows what stands in a line, whatever the line", () => {
    for (const { name } of rows) {
      const pasted = `\u00e9${crypto.randomUUID()} ${"p".repeat(8200)}`;
      try {
        loadConfig({ [name]: pasted }, null);
      } catch (thrown) {
        expect(String(thrown)).not.toContain(pasted.slice(1, 37));
      }
    }
  });

  test("serves strangers from other machines only after a second word", () => {
    const open = { API_KEY_ENABLED: "false", HOST: "0.0.0.0" };
    expect(problemsOf(open)).toEqual([expect.stringContaining("OPEN_TO_ALL=yes-i-know")]);
    expect(settingsOf({ ...open, OPEN_TO_ALL: "yes-i-know" }).apiKeyEnabled).toBe(false);
    for (const host of ["127.0.0.1", "::1", "localhost"]) settingsOf({ ...open, HOST: host });
  });

  test("names the plain dialect without an address", () => {
    expect(problemsOf({ UPSTREAM_DIALECT: "openai" })).toEqual([expect.stringContaining("set UPSTREAM_URL")]);
  });
});

describe("the settings in use", () => {
  test("are shown with their source and without a secret", () => {
    const secret = crypto.randomUUID().repeat(2);
    const around: Record<string, string> = {
      UPSTREAM_PROXY: `http://me:${secret}@proxy.example:3128`,
      OTEL_EXPORTER_OTLP_HEADERS: `x-key=${secret}`,
    };
    const secrets = rows.filter((row) => row.secret).map(({ name }) => name);
    const env = Object.fromEntries(secrets.map((name) => [name, around[name] ?? secret]));
    expect(secrets).toHaveLength(7);
    const { settings, sources } = loadConfig(env, "ZAI_PORT=8080");
    const shown = effectiveSettings(settings, sources);
    expect(JSON.stringify(shown)).not.toContain(secret.slice(0, 8));
    expect(shown).toHaveLength(rows.length);
    expect(shown).toContainEqual({ name: "DEFAULT_KEY", group: "keys", value: "********", from: "environment" });
    expect(shown).toContainEqual({ name: "PORT", group: "door", value: "8080", from: ".env" });
    expect(shown).toContainEqual({ name: "REQUEST_TIMEOUT", group: "limits", value: "900 s", from: "default" });
  });
});

/** The sample `.env` of Z.ai2api's deployment guide: its names and values, in its order. */
function zAi2apiSample(token: string, key: string): string {
  return `# base
ZAI_API_BASE=https://chat.z.ai
ZAI_PORT=8080
ZAI_DEBUG_MODE=false
ZAI_UPSTREAM_TOKEN=${token}
ZAI_ANON_TOKEN_ENABLED=true
ZAI_API_KEY=${key}
ZAI_API_KEY_ENABLED=true
ZAI_MODEL_NAME=GLM-4.5
ZAI_THINK_TAGS_MODE=think
ZAI_MODELS_CACHE_TTL=300
ZAI_AUTH_TOKEN_CACHE_TTL=600
ZAI_CONTENT_CACHE_TTL=3600
ZAI_CACHE_DEFAULT_TTL=300
ZAI_CACHE_MAX_SIZE=1000
ZAI_LOG_LEVEL=INFO
ZAI_CORS_ORIGINS=*
ZAI_REQUEST_TIMEOUT=60
ZAI_STREAM_TIMEOUT=120
ZAI_ENABLE_PERFORMANCE_MONITORING=true
ZAI_ENABLE_REQUEST_TRACING=true
ZAI_MAX_CONCURRENT_REQUESTS=100
`;
}
