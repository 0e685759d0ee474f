import { Html } from "@elysiajs/html";
import { Plain } from "~/ui/plain.tsx";
import { linkTo, type View } from "../view.ts";

/** `problem`: why the last try failed. `next`: where to go afterwards. */
export function SignIn({ view, problem, next }: { view: View; problem: string | null; next: string }) {
  const { say } = view;
  return (
    <Plain
      language={view.language}
      title={`${say("Sign in", "登录")} · zgate`}
      href={view.href}
      link={(to) => linkTo(view, { lang: to })}
    >
      <main class="door">
        <form class="card" method="post" action="/dashboard/sign-in">
          <h1>{say("Sign in", "登录")}</h1>
          <input type="hidden" name="next" value={next} />
          <input type="text" name="username" value="admin" autocomplete="username" hidden />
          <label for="password">{say("Password", "密码")}</label>
          <input
            id="password"
            type="password"
            name="password"
            required
            autofocus
            autocomplete="current-password"
            aria-describedby={problem === null ? "hint" : "problem hint"}
          />
          {problem === null ? null : (
            <p id="problem" class="problem" role="alert" safe>
              {problem}
            </p>
          )}
          <button type="submit" class="main">
            {say("Sign in", "登录")}
          </button>
          <p id="hint" class="hint">
            {say(
              "It is what ADMIN_PASSWORD says. If that was not set, the first start printed a password, or wrote it to first-run.txt in the data folder.",
              "即 ADMIN_PASSWORD 的值。若未设置，首次启动时会打印一个密码，或写入数据文件夹中的 first-run.txt。",
            )}
          </p>
        </form>
      </main>
    </Plain>
  );
}
