import { Html } from "@elysiajs/html";
import type { RequestLine } from "~/analytics/request-list.ts";
import { requestIdOf } from "~/record/request-id.ts";
import { errorName } from "~/ui/errors.ts";
import { duration, short, unknown, whole } from "~/ui/numbers.ts";
import { OutcomeBadge } from "~/ui/outcome.tsx";
import { numbers, Table } from "~/ui/table.tsx";
import { attr } from "~/ui/text.ts";
import { Time } from "~/ui/times.tsx";
import type { View } from "../view.ts";

/** Requests, newest first. Everything in them that a client wrote is text, whatever it looks like. */
export function RequestTable({ view, lines }: { view: View; lines: readonly RequestLine[] }) {
  const { say } = view;
  return (
    <Table
      columns={[
        say("Time", "时间"),
        say("Outcome", "结果"),
        numbers(say("Status", "状态")),
        say("Error", "错误"),
        say("Model", "模型"),
        say("Key", "密钥"),
        numbers(say("Duration", "耗时")),
        numbers(say("First token", "首字")),
        numbers(say("Tokens in", "输入")),
        numbers(say("out", "输出")),
        say("Client", "客户端"),
        say("Address", "地址"),
      ]}
      class="requests"
      label={say("Requests", "请求")}
      id="rows"
    >
      {lines.map((line) => (
        <RequestRow view={view} line={line} />
      ))}
    </Table>
  );
}

export function RequestRow({ view, line }: { view: View; line: RequestLine }) {
  const { say } = view;
  const isEstimated = line.tokenSource === "estimated";
  const estimate = isEstimated ? say("estimated", "估算") : undefined;
  return (
    <tr id={`r${line.id}`}>
      <td class="when">
        <a href={`/dashboard/requests/${requestIdOf(line.id)}`}>
          <Time at={line.acceptedAt} now={view.now} reading={view} />
        </a>
      </td>
      <td>
        <OutcomeBadge outcome={line.outcome} say={say} />
        {line.requests > 1 ? <span class="times" safe>{`× ${whole(line.requests)}`}</span> : null}
      </td>
      <td class="n">{line.status ?? unknown}</td>
      <td class="cut soft" title={attr(line.errorText || line.errorKind)} safe>
        {line.errorKind === null ? "" : errorName(line.errorKind, view.language)}
      </td>
      <td class="cut" title={attr(line.model)} safe>
        {line.model ?? unknown}
      </td>
      <td class="cut" title={attr(line.keyName)}>
        <span safe>{line.keyName ?? unknown}</span>
        {line.isCaptured ? (
          <span class="times" title={say("capture is on for this key", "此密钥已开启内容保存")}>
            {" "}
            ●
          </span>
        ) : null}
      </td>
      <td class="n" safe>
        {duration(line.durationMs)}
      </td>
      <td class="n" safe>
        {duration(line.firstTokenMs)}
      </td>
      <td class="n" title={estimate} safe>
        {estimated(line.tokensIn, isEstimated)}
      </td>
      <td class="n" title={estimate} safe>
        {estimated(line.tokensOut, isEstimated)}
      </td>
      <td class="cut" title={attr(line.userAgent)} safe>
        {line.family ?? unknown}
      </td>
      <td class="code" safe>
        {line.address || unknown}
      </td>
    </tr>
  );
}

function estimated(tokens: number | null, isEstimated: boolean): string {
  return isEstimated && tokens !== null ? `~${short(tokens)}` : short(tokens);
}
