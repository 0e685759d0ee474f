import { Html } from "@elysiajs/html";
import type { Captured, CapturedBody } from "~/analytics/captures.ts";
import { Lines } from "~/ui/copy.tsx";
import { bytes } from "~/ui/numbers.ts";
import type { View } from "../view.ts";

/** What is known of a request's bodies before anybody looks at them. */
export interface BodyFacts {
  requestBytes: number;
  answerBytes: number;
}

/** How much of a body a page shows; the admin API has all that was kept. */
const shownChars = 128 * 1024;

/** That bodies were kept, and the way to them: whoever looks is in the audit log, so nothing is shown by the way. */
export function BodiesLink({ view, id, facts }: { view: View; id: string; facts: BodyFacts }) {
  const { say } = view;
  const sizes = `${say("request", "请求")} ${bytes(facts.requestBytes)} · ${say("answer", "应答")} ${bytes(facts.answerBytes)}`;
  return (
    <section class="card" id="bodies">
      <h2>{say("What was said", "对话内容")}</h2>
      <p safe>{sizes}</p>
      <p class="hint">
        {say(
          "Kept for a while, because capture is on for this key. Looking at it is written into the audit log.",
          "此密钥已开启内容保存，因此暂时保留。查看会记入审计日志。",
        )}
      </p>
      <p>
        <a class="button" href={`/dashboard/requests/${id}?bodies=show#bodies`} rel="nofollow">
          {say("Show what was said", "查看对话内容")}
        </a>
      </p>
    </section>
  );
}

/** Both bodies, as they went over the wire but for secrets. */
export function Bodies({ view, id, captured }: { view: View; id: string; captured: Captured }) {
  const { say } = view;
  return (
    <section class="card bodies" id="bodies">
      <h2>{say("What was said", "对话内容")}</h2>
      <p class="hint">
        {say(
          "Secrets and the insides of pictures and documents were taken out before this was kept. This look is in the audit log.",
          "保存前已去除密钥等敏感信息以及图片、文档的数据。本次查看已记入审计日志。",
        )}{" "}
        <a href={`/admin/api/captures/${id}`}>JSON</a>
      </p>
      <div hx-ignore>
        <Body view={view} title={say("Request", "请求")} body={captured.request} isOpen={true} />
        <Body view={view} title={say("Answer", "应答")} body={captured.answer} isOpen={true} />
      </div>
    </section>
  );
}

function Body({ view, title, body, isOpen }: { view: View; title: string; body: CapturedBody; isOpen: boolean }) {
  const { say } = view;
  const { shown, isCut } = body;
  const size = `${title} · ${bytes(body.bytes)}${isCut ? ` · ${say("only its beginning was kept", "仅保留了开头部分")}` : ""}`;
  if (shown === null) {
    const why = body.bytes === 0 ? say("nothing", "无") : say("there was no room to keep it", "当时没有余量保存");
    return <p safe>{`${title}: ${why}`}</p>;
  }
  const raw = shown.pretty ?? shown.text;
  return (
    <>
      {shown.words.map(({ name, text }) => (
        <details open={isOpen}>
          <summary>
            <span safe>{title}</span>: <code safe>{name}</code>
          </summary>
          <Lines text={start(text, view)} say={say} />
        </details>
      ))}
      <details open={isOpen && shown.words.length === 0}>
        <summary safe>{size}</summary>
        <Lines text={start(raw, view)} say={say} />
      </details>
    </>
  );
}

function start(text: string, { say }: View): string {
  if (text.length <= shownChars) return text;
  return `${text.slice(0, shownChars)}\n… ${say("the rest is in the JSON", "其余部分见 JSON")}`;
}
