import { Html } from "@elysiajs/html";
import type { PriceView } from "~/keys/prices.ts";
import { ChangeForm, Field } from "~/ui/form.tsx";
import { Layout } from "../layout.tsx";
import type { View } from "../view.ts";

interface PricesProps {
  view: View;
  prices: readonly PriceView[];
  /** What was typed and refused. */
  typed: Record<string, string>;
  problem: string | null;
}

/** What models cost, for a million tokens. */
export function Prices({ view, prices, typed, problem }: PricesProps) {
  const { say } = view;
  return (
    <Layout view={view} here="/dashboard/prices" title={say("Prices", "价格")}>
      <h1>{say("Prices", "价格")}</h1>
      <p class="soft">
        {say(
          "For a million tokens. A request's cost is computed with the price of its moment; a new price changes no old request.",
          "每百万 token 的价格。请求的费用按当时价格计算；修改价格不影响旧请求。",
        )}
      </p>
      <section class="card">
        <h2>{say("Set a price", "设置价格")}</h2>
        <ChangeForm csrf={view.csrf} action="/dashboard/prices" class="stack">
          {problem === null ? null : (
            <p class="problem" role="alert" safe>
              {problem}
            </p>
          )}
          <div class="fields">
            <Field name="model" label={say("Model", "模型")} value={typed.model} isRequired={true} />
            <Field name="input" label={say("Input", "输入")} value={typed.input} isRequired={true} />
            <Field
              name="cached"
              label={say("Cached input", "缓存输入")}
              value={typed.cached}
              placeholder={say("the same as input", "同输入")}
            />
            <Field name="output" label={say("Output", "输出")} value={typed.output} isRequired={true} />
            <div class="field">
              <label for="currency">{say("Currency", "货币")}</label>
              <select id="currency" name="currency">
                <option value="USD">USD</option>
                <option value="CNY" selected={typed.currency === "CNY"}>
                  CNY
                </option>
              </select>
            </div>
          </div>
          <button type="submit" class="main">
            {say("Save", "保存")}
          </button>
        </ChangeForm>
      </section>
      <section class="card flush">
        <div class="scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">{say("Model", "模型")}</th>
                <th scope="col" class="n">
                  {say("Input", "输入")}
                </th>
                <th scope="col" class="n">
                  {say("Cached input", "缓存输入")}
                </th>
                <th scope="col" class="n">
                  {say("Output", "输出")}
                </th>
                <th scope="col">{say("Currency", "货币")}</th>
                <th scope="col">{say("As of", "日期")}</th>
                <th scope="col">{say("From", "来源")}</th>
              </tr>
            </thead>
            <tbody hx-ignore>
              {prices.map((price) => (
                <PriceRow view={view} price={price} />
              ))}
            </tbody>
          </table>
        </div>
      </section>
    </Layout>
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
      <td safe>{price.as_of}</td>
      <td>
        {price.source === "list" ? (
          say("list", "内置")
        ) : (
          <ChangeForm csrf={view.csrf} action="/dashboard/prices/reset" class="beside">
            <input type="hidden" name="model" value={price.model} />
            {say("yours", "自定义")}{" "}
            <button type="submit" class="quiet">
              {say("back to the list", "恢复内置")}
            </button>
          </ChangeForm>
        )}
      </td>
    </tr>
  );
}

function amount(price: number): string {
  return price.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 4 });
}
