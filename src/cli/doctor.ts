import { loadConfig } from "~/config/load.ts";
import type { Text } from "~/config/text.ts";
import type { Settings } from "~/config.ts";
import { codingPlanTerms } from "~/credentials/address.ts";
import type { ProbeReport } from "~/gateway/probe.ts";
import { readArguments, show } from "./arguments.ts";
import { type Command, languageOfWorld } from "./command.ts";
import { callUpstreams } from "./supplied.ts";
import { probeLines } from "./upstreams.ts";

const usage = ["zgate doctor [--json]"];

/** `zgate doctor`: looks at the settings and at every upstream, and says in words what is wrong. Exit code 1: something is. */
export const doctor: Command = {
  summary: {
    en: "check settings, DNS, TLS, credential, model and one stream of each upstream",
    zh: "检查设置，以及每个上游的 DNS、TLS、凭据、模型和一次流式回答",
  },
  usage,
  flags: ["json"],
  isWordless: true,

  async run(args, world) {
    let isWell = true;
    const code = await show(world, usage, async () => {
      const { flags } = readArguments(args);
      const { settings, notes } = loadConfig(world.env, world.envFile());
      const { data } = (await callUpstreams(world, "upstreams.test", {})) as { data: ProbeReport[] };
      isWell = data.length > 0 && data.every(({ ok }) => ok);
      if (flags.json !== undefined) return [JSON.stringify({ ok: isWell, notes, data }, null, 2)];
      const language = languageOfWorld(world);
      return [
        ...notes,
        ...aboutUpstreams(settings).map((line) => line[language]),
        ...data.flatMap(probeLines),
        verdict(isWell)[language],
      ];
    });
    return code === 0 && !isWell ? 1 : code;
  },
};

function aboutUpstreams({ upstream, upstreamProxy }: Settings): Text[] {
  const plan: Text = {
    en: `UPSTREAM_URL is a GLM Coding Plan. ${codingPlanTerms.en}`,
    zh: `UPSTREAM_URL 是 GLM Coding Plan。${codingPlanTerms.zh}`,
  };
  const proxy = upstreamProxy && new URL(upstreamProxy).host;
  return [
    ...(upstream.isCodingPlan ? [plan] : []),
    ...(proxy ? [{ en: `Every upstream is called through ${proxy}.`, zh: `所有上游都经由 ${proxy} 访问。` }] : []),
  ];
}

function verdict(isWell: boolean): Text {
  return isWell
    ? { en: "All is well.", zh: "一切正常。" }
    : {
        en: "Something is wrong; the first line that says no is where to begin.",
        zh: "有问题；请从第一行 no 查起。",
      };
}
