import { Html } from "@elysiajs/html";
import { linkTo, type View } from "~/dashboard/view.ts";
import { Lines, Value } from "~/ui/copy.tsx";
import { Plain } from "~/ui/plain.tsx";
import { Scrolled } from "~/ui/table.tsx";
import { type Example, examples } from "./examples.ts";
import { type ExampleModels, languages } from "./languages.ts";
import { addresses, clients, kinds, statuses } from "./sections.ts";

interface UsageProps {
  view: View;
  models: ExampleModels;
}

/** `GET /docs`: how to use this very gateway, to be copied from. For everybody, so it shows nothing of the owner's. */
export function Usage({ view, models }: UsageProps) {
  const { say, language } = view;
  const base = `${view.origin}/v1`;
  const here = (text: { en: string; zh: string }) => text[language].replaceAll("{base}", view.origin);
  return (
    <Plain
      language={language}
      title={`${say("How to use it", "使用说明")} · zgate`}
      href={view.href}
      link={(to) => linkTo(view, { lang: to })}
      beside={{ href: "/swagger", name: say("API docs", "API 文档") }}
    >
      <main class="narrow">
        <h1>{say("How to use it", "使用说明")}</h1>
        <section class="card" aria-labelledby="start">
          <h2 id="start">{say("What a client needs", "客户端需要什么")}</h2>
          <dl class="pairs">
            <dt>{say("Base URL", "API 地址")}</dt>
            <dd>
              <Value text={base} say={say} />
            </dd>
            <dt>{say("For Anthropic clients", "Anthropic 客户端")}</dt>
            <dd>
              <Value text={view.origin} say={say} />
            </dd>
            <dt>{say("API key", "API 密钥")}</dt>
            <dd>
              {say("yours, as Authorization: Bearer KEY or as x-api-key", "以 Authorization: Bearer 或 x-api-key 发送")}
            </dd>
          </dl>
          <p>
            {say(
              'The examples read the key from the environment. In PowerShell, the first line is $env:ZGATE_KEY="…".',
              '以下示例从环境变量读取密钥。PowerShell 中写作 $env:ZGATE_KEY="…"。',
            )}
          </p>
          <Lines text={'export ZGATE_KEY="…"'} say={say} />
          <p class="soft">
            {say(
              "Python: pip install openai. JavaScript: npm install openai.",
              "Python：pip install openai。JavaScript：npm install openai。",
            )}
          </p>
        </section>
        <nav class="jumps" aria-label={say("On this page", "本页内容")}>
          {examples.map(({ id, title }) => (
            <a href={`#${id}`} safe>
              {title[language]}
            </a>
          ))}
          <a href="#clients">{say("In programs", "在各种程序中")}</a>
          <a href="#addresses">{say("Addresses", "接口")}</a>
          <a href="#errors">{say("Errors", "出错时")}</a>
        </nav>
        {examples.map((example) => (
          <Shown example={example} base={base} models={models} view={view} />
        ))}
        <section class="card" aria-labelledby="clients">
          <h2 id="clients">{say("In programs", "在各种程序中")}</h2>
          <dl class="programs">
            {clients.map(({ name, says }) => (
              <>
                <dt safe>{name}</dt>
                <dd safe>{here(says)}</dd>
              </>
            ))}
          </dl>
        </section>
        <section class="card" aria-labelledby="addresses">
          <h2 id="addresses">{say("Addresses", "接口")}</h2>
          <Scrolled label={say("What each address is for", "各接口用途")}>
            <table>
              <tbody>
                {addresses.map(({ path, says }) => (
                  <tr>
                    <th scope="row">
                      <code safe>{path}</code>
                    </th>
                    <td safe>{here(says)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scrolled>
          <p>
            <a href="/swagger">
              {say("Every address with its fields, to try in the browser", "全部接口与字段，可在浏览器里试用")}
            </a>
          </p>
        </section>
        <section class="card" aria-labelledby="errors">
          <h2 id="errors">{say("When it says no", "出错时")}</h2>
          <table>
            <tbody>
              {statuses.map(({ status, says }) => (
                <tr>
                  <th scope="row">{status}</th>
                  <td safe>{here(says)}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <details>
            <summary>{say("Every kind of error", "全部错误类型")}</summary>
            <Scrolled label={say("Every kind of error", "全部错误类型")}>
              <table>
                <thead>
                  <tr>
                    <th scope="col">error.code</th>
                    <th scope="col">{say("On the dashboard", "面板中的名称")}</th>
                    <th scope="col">{say("Status", "状态码")}</th>
                    <th scope="col">{say("Who has to act", "应由谁处理")}</th>
                  </tr>
                </thead>
                <tbody>
                  {kinds.map(({ kind, code, status, fault }) => (
                    <tr>
                      <td>
                        <code safe>{code}</code>
                      </td>
                      <td>
                        <code>{kind}</code>
                      </td>
                      <td>{status}</td>
                      <td>{faults[fault][language]}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Scrolled>
          </details>
        </section>
      </main>
      <footer class="foot">
        <span safe>{`zgate ${view.version}`}</span>
      </footer>
    </Plain>
  );
}

function Shown({ example, base, models, view }: { example: Example; base: string } & UsageProps) {
  const { id, title, note } = example;
  return (
    <section class="card" aria-labelledby={id}>
      <h2 id={id} safe>
        {title[view.language]}
      </h2>
      {note ? <p safe>{note[view.language]}</p> : null}
      {languages.map(({ name, write }, at) => (
        <details name={id} open={at === 0}>
          <summary>{name}</summary>
          <Lines text={write(base, example, models)} say={view.say} />
        </details>
      ))}
    </section>
  );
}

const faults = {
  caller: { en: "whoever calls", zh: "调用者" },
  policy: { en: "the gateway's owner", zh: "网关主人" },
  upstream: { en: "Z.ai; the owner, where it is about his account", zh: "上游；涉及账号时由网关主人" },
  gateway: { en: "the gateway itself", zh: "网关自身" },
} as const;
