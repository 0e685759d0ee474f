/**
 * `bun scripts/agents.ts FOLDER [NAME…]`: the well-known command-line agents each do one whole turn with a tool, through a
 * real zgate, against the simulated Z.ai: through its own doors, translated over plain Chat Completions, and in words over
 * the web chat. `--over DIALECT` runs them over one of these alone. Not part of the everyday check: they are large, and are
 * expected to be installed in FOLDER (`bun add opencode-ai @openai/codex @anthropic-ai/claude-code`).
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { loadConfig } from "~/config/load.ts";
import { createLog } from "~/log.ts";
import { type Simulator, startSimulator } from "~/simulator/simulator.ts";
import { startZgate, type Zgate } from "~/zgate.ts";

/** What the file says that an agent shall read: only its tool can have told it. */
const secretWord = "4.2 metres at Brest";

interface Agent {
  command: string[];
  env: Record<string, string>;
  /** Files that it wants in its home. */
  files: Record<string, string>;
}

/** Which of the simulated upstreams stands behind zgate, by its dialect. */
const upstreams = {
  zai: ({ zaiUrl }) => zaiUrl,
  openai: ({ openaiUrl }) => openaiUrl,
  "zai-web": ({ webUrl }) => webUrl,
} satisfies Record<string, (simulator: Simulator) => string>;
type Dialect = keyof typeof upstreams;

interface Place {
  url: string;
  key: string;
  home: string;
  work: string;
}

const agents: Record<string, (place: Place) => Agent> = {
  claude: ({ url, key, work }) => ({
    command: ["claude", "-p", `Read "${join(work, "tide.txt")}"`, "--allowedTools", "Read"],
    env: {
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_AUTH_TOKEN: key,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    },
    files: {},
  }),

  codex: ({ url, key, home }) => ({
    command: [
      ...["codex", "exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox"],
      'Run the command "cat tide.txt"',
    ],
    env: { CODEX_HOME: join(home, "codex"), ZGATE_KEY: key },
    files: {
      "codex/config.toml": [
        'model = "glm-4.7"',
        'model_provider = "zgate"',
        "[model_providers.zgate]",
        'name = "zgate"',
        `base_url = "${url}/v1"`,
        'env_key = "ZGATE_KEY"',
        'wire_api = "responses"',
      ].join("\n"),
    },
  }),

  opencode: ({ url, key, work }) => ({
    // It puts quotes around words with blanks between them.
    command: ["opencode", "run", "Read", `'${join(work, "tide.txt")}'`],
    env: { ZGATE_KEY: key, OPENCODE_DISABLE_AUTOUPDATE: "1" },
    files: {
      ".config/opencode/opencode.json": JSON.stringify({
        model: "zgate/glm-4.7",
        small_model: "zgate/glm-4.5-air",
        provider: {
          zgate: {
            npm: "@ai-sdk/openai-compatible",
            options: { baseURL: `${url}/v1`, apiKey: "{env:ZGATE_KEY}" },
            models: { "glm-4.7": {}, "glm-4.5-air": {} },
          },
        },
      }),
    },
  }),
};

const {
  values: { over },
  positionals: [folder, ...wanted],
} = parseArgs({ allowPositionals: true, options: { over: { type: "string" } } });
if (folder === undefined) throw new Error("Say in which folder the agents are installed");
const dialects = (Object.keys(upstreams) as Dialect[]).filter((dialect) => over === undefined || dialect === over);
if (dialects.length === 0) throw new Error(`There is no ${over}; there are ${Object.keys(upstreams).join(", ")}`);
let failed = 0;
for (const name of wanted.length > 0 ? wanted : Object.keys(agents)) {
  for (const dialect of dialects) {
    const complaint = await turn(name, resolve(folder), dialect);
    console.log(`${name} over ${dialect}: ${complaint ?? "one whole turn with a tool"}`);
    if (complaint !== null) failed++;
  }
}
process.exit(failed === 0 ? 0 : 1);

/** One turn of an agent in a home of its own; what went wrong, or null. */
async function turn(name: string, installed: string, dialect: Dialect): Promise<string | null> {
  const make = agents[name];
  if (!make) return `no such agent; there are ${Object.keys(agents).join(", ")}`;
  const scratch = mkdtempSync(join(tmpdir(), "zgate-agents-"));
  const [home, work] = ["home", "work"].map((part) => join(scratch, part)) as [string, string];
  const simulator = await startSimulator();
  const zgate = await openZgate(join(scratch, "data"), upstreams[dialect](simulator));
  try {
    const agent = make({ url: zgate.url, key: zgate.made.key!, home, work });
    const files = { ...mapKeys(agent.files, (path) => join(home, path)), [join(work, "tide.txt")]: `${secretWord}\n` };
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(path, ".."), { recursive: true });
      writeFileSync(path, text);
    }
    const { said, code } = await run(agent, { home, work, bin: join(installed, "node_modules/.bin") });
    if (code !== 0) return `ended with ${code}: ${said.slice(-2000)}`;
    if (!said.includes(secretWord)) return `did not tell what its tool had read: ${said.slice(-2000)}`;
    if (simulator.violations().length > 0) return `sent what Z.ai would refuse: ${simulator.violations().join("; ")}`;
    return null;
  } finally {
    await zgate.close(0);
    simulator.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}

function openZgate(dataDir: string, upstreamUrl: string): Promise<Zgate> {
  const env = {
    PORT: "0",
    DATA_DIR: dataDir,
    UPSTREAM_URL: upstreamUrl,
    ZAI_TOKEN: `simulated.${crypto.randomUUID()}`,
  };
  return startZgate(loadConfig(env, null).settings, createLog("error", "json", console.error, Date.now), true);
}

/** Nothing of this machine's own settings reaches an agent. */
async function run({ command, env }: Agent, place: { home: string; work: string; bin: string }) {
  const child = Bun.spawn(command, {
    cwd: place.work,
    env: { ...env, HOME: place.home, PATH: `${place.bin}:${process.env.PATH}`, CI: "1", TERM: "dumb" },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: 120_000,
  });
  const said = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return { said: said.join("\n"), code: await child.exited };
}

function mapKeys(record: Record<string, string>, change: (key: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [change(key), value]));
}
