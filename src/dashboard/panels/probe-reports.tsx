import { Html } from "@elysiajs/html";
import type { ProbeReport, ProbeStep } from "~/gateway/probe.ts";
import type { Text } from "~/ui/say.ts";
import type { View } from "../view.ts";

/** What a test found, from the outside in. */
export function ProbeReports({ view: { say, language }, of: reports }: { view: View; of: readonly ProbeReport[] }) {
  return (
    <section class="card" id="reports">
      <h2>{say("What the test found", "测试结果")}</h2>
      {reports.map(({ upstream, credential, ok, steps }) => (
        <div>
          <h3>
            <span class={`badge ${ok ? "completed" : "failed"}`}>
              {ok ? say("works", "正常") : say("fails", "失败")}
            </span>{" "}
            <span safe>{`${upstream} · ${credential}`}</span>
          </h3>
          <ul class="plain-list probe">
            {steps.map((step) => (
              <li>
                <span class={step.ok === false ? "bad" : "soft"} safe>
                  {`${step.ok === true ? "✓" : step.ok === false ? "✗" : "?"} ${stepNames[step.step][language]}`}
                </span>
                <span safe>{step.says}</span>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </section>
  );
}

const stepNames: Record<ProbeStep["step"], Text> = {
  address: { en: "address", zh: "地址" },
  connection: { en: "connection", zh: "连接" },
  credential: { en: "credential", zh: "凭据" },
  model: { en: "model", zh: "模型" },
  stream: { en: "stream", zh: "流式回答" },
};
