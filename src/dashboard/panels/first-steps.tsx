import { Html } from "@elysiajs/html";
import type { KeyView } from "~/keys/view.ts";
import { Lines, Value } from "~/ui/copy.tsx";
import { idEpochMs } from "../../../drizzle/requests.ts";
import { firstTry } from "../pages/home.tsx";
import type { Panel } from "../panel.tsx";
import type { View } from "../view.ts";
import type { PageParts } from "../visit.tsx";

/** Shown until the first request is on record. */
export function firstSteps({ reader, owned, model }: PageParts): Panel<boolean> {
  return {
    async load() {
      const ever = { from: idEpochMs, to: Number.MAX_SAFE_INTEGER / 4096, filters: {} };
      const { lines } = await reader.ask("requestList", { scope: ever, search: "", from: null, limit: 1 });
      return lines.length === 0;
    },
    view: ({ view, data: isNew }) => (isNew ? <FirstSteps view={view} model={model} keys={owned.keys.list()} /> : ""),
  };
}

/** Three steps from a new gateway to the first request on record. */
function FirstSteps({ view, model, keys }: { view: View; model: string; keys: readonly KeyView[] }) {
  const { say, origin } = view;
  const usable = keys.filter(({ state, rights }) => state === "active" && rights.includes("inference"));
  return (
    <section class="card steps" aria-labelledby="steps">
      <h2 id="steps">{say("Three steps to the first request", "三步完成第一个请求")}</h2>
      <ol>
        <li>
          <h3>{say("Have a key", "准备密钥")}</h3>
          {usable.length > 0 ? (
            <p>
              {say("You have:", "已有：")} <strong safe>{usable.map(({ name }) => name).join(", ")}</strong>.{" "}
              <a href="/dashboard/keys">{say("Make one for each person and app", "为每个人和应用各建一个")}</a>
            </p>
          ) : (
            <p>
              <a class="button main" href="/dashboard/keys#new">
                {say("Make a key", "新建密钥")}
              </a>
            </p>
          )}
        </li>
        <li>
          <h3>{say("Point a client here", "设置客户端")}</h3>
          <dl class="pairs">
            <dt>{say("Base URL", "API 地址")}</dt>
            <dd>
              <Value text={`${origin}/v1`} say={say} />
            </dd>
            <dt>{say("Model", "模型")}</dt>
            <dd>
              <Value text={model} say={say} />
            </dd>
          </dl>
        </li>
        <li>
          <h3>{say("Or send the first request from a terminal", "或在终端发出第一个请求")}</h3>
          <Lines text={firstTry(origin, model, say("Say hello", "你好"))} say={say} />
          <p class="hint">{say("It shows up here by itself.", "它会自动出现在这里。")}</p>
        </li>
      </ol>
    </section>
  );
}
