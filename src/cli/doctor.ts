import { loadConfig } from "~/config/load.ts";
import { codingPlanTerms } from "~/credentials/address.ts";
import type { ProbeReport } from "~/gateway/probe.ts";
import { readArguments, show } from "./arguments.ts";
import type { Command } from "./command.ts";
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

  async run(args, world) {
    let isWell = true;
    const code = await show(world, usage, async () => {
      const { flags } = readArguments(args);
      const { settings, notes } = loadConfig(world.env, world.envFile());
      const { data } = (await callUpstreams(world, "upstreams.test", {})) as { data: ProbeReport[] };
      isWell = data.length > 0 && data.every(({ ok }) => ok);
      if (flags.json !== undefined) return [JSON.stringify({ ok: isWell, notes, data }, null, 2)];
      return [
        ...notes,
        ...(settings.upstream.isCodingPlan ? [`UPSTREAM_URL is a GLM Coding Plan. ${codingPlanTerms.en}`] : []),
        ...(settings.upstreamProxy
          ? [`Every upstream is called through ${new URL(settings.upstreamProxy).host}.`]
          : []),
        ...data.flatMap(probeLines),
        isWell ? "All is well." : "Something is wrong; the first line that says no is where to begin.",
      ];
    });
    return code === 0 && !isWell ? 1 : code;
  },
};
