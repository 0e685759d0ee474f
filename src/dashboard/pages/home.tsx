import { Html } from "@elysiajs/html";
import { Lines, Value } from "~/ui/copy.tsx";
import { Plain } from "~/ui/plain.tsx";
import { linkTo, type View } from "../view.ts";

interface HomeProps {
  view: View;
  /** The model that a request gets which names none. */
  model: string;
  hasDashboard: boolean;
}

/** `GET /`: what this is, and the first thing to try. For everybody, so it shows nothing of the owner's. */
export function Home({ view, model, hasDashboard }: HomeProps) {
  const { say, origin } = view;
  return (
    <Plain language={view.language} title="zgate" href={view.href} link={(to) => linkTo(view, { lang: to })}>
      <main class="narrow">
        <h1>{say("Your gateway to GLM", "通往 GLM 的网关")}</h1>
        <p class="lead">
          {say(
            "OpenAI and Anthropic clients talk to this address, it talks to Z.ai's GLM models, and every request is on record.",
            "OpenAI 与 Anthropic 客户端连接到这里，由它去连接 Z.ai 的 GLM 模型，每个请求都有记录。",
          )}
        </p>
        <section class="card" aria-labelledby="connect">
          <h2 id="connect">{say("Connect a client", "连接客户端")}</h2>
          <dl class="pairs">
            <dt>{say("Base URL", "API 地址")}</dt>
            <dd>
              <Value text={`${origin}/v1`} say={say} />
            </dd>
            <dt>{say("For Anthropic clients", "Anthropic 客户端")}</dt>
            <dd>
              <Value text={origin} say={say} />
            </dd>
            <dt>{say("API key", "API 密钥")}</dt>
            <dd>{say("one that the owner of this gateway gave you", "由此网关的主人给你")}</dd>
            <dt>{say("Model", "模型")}</dt>
            <dd>
              <Value text={model} say={say} />
            </dd>
          </dl>
          <h3>{say("Or try it in a terminal", "或在终端里试试")}</h3>
          <Lines text={firstTry(origin, model, view.say("Hello", "你好"))} say={say} />
        </section>
        <nav class="tiles" aria-label={say("Links", "链接")}>
          {hasDashboard ? (
            <a class="tile" href="/dashboard">
              <strong>{say("Dashboard", "面板")}</strong>
              <span>{say("what happened, what it cost, who was slow", "发生了什么、花了多少、谁慢了")}</span>
            </a>
          ) : null}
          <a class="tile" href="/docs">
            <strong>{say("How to use it", "使用说明")}</strong>
            <span>{say("examples to copy, settings of programs", "可复制的示例、各程序的设置")}</span>
          </a>
          <a class="tile" href="/swagger">
            <strong>{say("API docs", "API 文档")}</strong>
            <span>{say("every address, to try in the browser", "所有接口，可在浏览器里试用")}</span>
          </a>
          <a class="tile" href="/v1/models">
            <strong>{say("Models", "模型")}</strong>
            <span>{say("what can be asked for", "可用的模型")}</span>
          </a>
          <a class="tile" href="/health">
            <strong>{say("Health", "健康检查")}</strong>
            <span>{say("for monitors", "供监控使用")}</span>
          </a>
        </nav>
      </main>
      <footer class="foot">
        <span safe>{`zgate ${view.version}`}</span>
      </footer>
    </Plain>
  );
}

/** A line that streams an answer when it is pasted, with the key in the shell's own variable. */
export function firstTry(origin: string, model: string, words: string): string {
  const body = JSON.stringify({ model, stream: true, messages: [{ role: "user", content: words }] });
  return [
    `curl -N ${origin}/v1/chat/completions \\`,
    `  -H "Authorization: Bearer $ZGATE_KEY" \\`,
    `  -H "Content-Type: application/json" \\`,
    `  -d '${body}'`,
  ].join("\n");
}
