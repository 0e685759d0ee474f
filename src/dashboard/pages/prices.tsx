import { Html } from "@elysiajs/html";
import type { CostsState } from "~/costs.ts";
import type { PriceView } from "~/keys/prices.ts";
import { ChangeForm, Field } from "~/ui/form.tsx";
import { whole } from "~/ui/numbers.ts";
import { numbers, Table } from "~/ui/table.tsx";
import { attr } from "~/ui/text.ts";
import { Time } from "~/ui/times.tsx";
import { Layout } from "../layout.tsx";
import { fieldOf, type Typed, Unplaced, untouched } from "../typed.tsx";
import type { View } from "../view.ts";

interface PricesProps {
  view: View;
  prices: readonly PriceView[];
  /** What was typed into one of the forms and refused, or is to be changed. */
  typed: Typed;
  costs: CostsState;
}

/** What models cost, for a million tokens. */
export function Prices({ view, prices, typed, costs }: PricesProps) {
  const { say } = view;
  const set = typed.form === "" ? typed : untouched("");
  return (
    <Layout view={view} here="/dashboard/prices" title={say("Prices", "价格")}>
      <h1>{say("Prices", "价格")}</h1>
      <p class="soft">
        {say(
          "For a million tokens. A request's cost is computed with the price of its moment; a new price changes no old request by itself. Currencies are never added up, and budgets in dollars count what is priced in dollars.",
          "每百万 token 的价格。请求的费用按当时价格计算；修改价格不会自动影响旧请求。不同货币从不相加；美元预算只计以美元定价的部分。",
        )}
      </p>
      <section class="card flush">
        <Table
          label={say("Prices", "价格")}
          columns={[
            say("Model", "模型"),
            numbers(say("Input", "输入")),
            numbers(say("Cached input", "缓存输入")),
            numbers(say("Output", "输出")),
            say("Currency", "货币"),
            say("As of", "日期"),
            say("From", "来源"),
            { title: say("Change", "修改"), is: "unseen" },
          ]}
        >
          {prices.map((price) => (
            <PriceRow view={view} price={price} />
          ))}
        </Table>
      </section>
      <section class="card" id="set">
        <h2>{say("Set a price", "设置价格")}</h2>
        <ChangeForm csrf={view.csrf} action="/dashboard/prices" class="stack">
          <Unplaced typed={set} known={["model", "input", "cached", "output", "currency"]} />
          <div class="fields">
            <Field {...fieldOf(set, "model")} label={say("Model", "模型")} isRequired={true} />
            <Field {...fieldOf(set, "input")} label={say("Input", "输入")} isRequired={true} />
            <Field
              {...fieldOf(set, "cached")}
              label={say("Cached input", "缓存输入")}
              placeholder={say("the same as input", "同输入")}
            />
            <Field {...fieldOf(set, "output")} label={say("Output", "输出")} isRequired={true} />
            <div class="field">
              <label for="currency">{say("Currency", "货币")}</label>
              <select id="currency" name="currency">
                <option value="USD">USD $</option>
                <option value="CNY" selected={set.fields.currency === "CNY"}>
                  CNY ¥
                </option>
              </select>
            </div>
          </div>
          <button type="submit" class="main">
            {say("Save", "保存")}
          </button>
        </ChangeForm>
      </section>
      <section class="card">
        <h2>{say("Old requests by today's prices", "按当前价格重新计算旧请求")}</h2>
        <p class="soft">
          {say(
            "Writes into requests on record what they would cost today, and then into their sums. It runs beside the traffic and may take minutes.",
            "把按当前价格计算的费用写入已有记录，然后更新汇总。与流量并行进行，可能需要几分钟。",
          )}
        </p>
        <Recomputing view={view} costs={costs} typed={typed} />
      </section>
    </Layout>
  );
}

/** The form, or how far it is: the piece of the page that is asked for again while it runs. */
export function Recomputing({ view, costs, typed }: Pick<PricesProps, "view" | "costs" | "typed">) {
  const { say, csrf } = view;
  const asked = typed.form === "recompute" ? typed : untouched("recompute");
  if (costs.state === "running") {
    return (
      <div
        id="recomputing"
        hx-get="/dashboard/prices/recompute"
        hx-trigger="every 1s"
        hx-swap="outerHTML"
        role="status"
      >
        <p>
          <span class="badge running">{say("running", "进行中")}</span>{" "}
          <span safe>{`${whole(costs.rows)} ${say("requests", "个请求")}`}</span>
          {costs.days === null ? null : (
            <span safe>{` · ${say("sums of days", "每日汇总")}: ${costs.days.done} / ${costs.days.all}`}</span>
          )}
        </p>
      </div>
    );
  }
  return (
    <div id="recomputing" class="stack">
      {costs.ended_at === null ? null : (
        <p role="status">
          {costs.state === "done" ? (
            <>
              <span class="badge completed">{say("done", "完成")}</span>{" "}
              <span safe>{`${whole(costs.rows)} ${say("requests", "个请求")}`}</span>
            </>
          ) : (
            <>
              <span class="badge failed">{say("failed", "失败")}</span> {say("The log says why.", "原因见日志。")}
            </>
          )}{" "}
          <Time at={costs.ended_at} now={view.now} reading={view} />
        </p>
      )}
      <Unplaced typed={asked} known={["from", "to"]} />
      <ChangeForm csrf={csrf} action="/dashboard/prices/recompute" class="inline">
        <Field {...fieldOf(asked, "from")} type="date" label={say("From (UTC day)", "从（UTC 日）")} />
        <Field {...fieldOf(asked, "to")} type="date" label={say("To, that day included", "到（含当日）")} />
        <button type="submit">{say("Compute", "重新计算")}</button>
      </ChangeForm>
    </div>
  );
}

function PriceRow({ view, price }: { view: View; price: PriceView }) {
  const { say } = view;
  return (
    <tr>
      <th scope="row" class="plain-name" safe>
        {price.model}
      </th>
      <td class="n" safe>
        {amount(price.input)}
      </td>
      <td class="n" safe>
        {amount(price.cached)}
      </td>
      <td class="n" safe>
        {amount(price.output)}
      </td>
      <td>{price.currency}</td>
      <td class="when" safe>
        {price.as_of}
      </td>
      <td>
        {price.source === "list" ? (
          say("list", "内置")
        ) : (
          <ChangeForm csrf={view.csrf} action="/dashboard/prices/reset" class="beside">
            <input type="hidden" name="model" value={attr(price.model)} />
            {say("yours", "自定义")}{" "}
            <button type="submit" class="quiet">
              {say("back to the list", "恢复内置")}
            </button>
          </ChangeForm>
        )}
      </td>
      <td class="n">
        <a href={`/dashboard/prices?model=${encodeURIComponent(price.model)}#set`}>{say("Change", "修改")}</a>
      </td>
    </tr>
  );
}

function amount(price: number): string {
  return price.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 4 });
}
