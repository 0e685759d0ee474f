import { Html } from "@elysiajs/html";
import type { Captured } from "~/analytics/captures.ts";
import type { OneRequest } from "~/analytics/one-request.ts";
import type { Filters } from "~/analytics/scope.ts";
import { errorKinds } from "~/errors.ts";
import type { Outcome } from "~/record/record.ts";
import { requestIdOf } from "~/record/request-id.ts";
import { Value } from "~/ui/copy.tsx";
import { fieldValue } from "~/ui/days.ts";
import { errorName, faultNames } from "~/ui/errors.ts";
import { bytes, duration, money, unknown, whole } from "~/ui/numbers.ts";
import { OutcomeBadge } from "~/ui/outcome.tsx";
import type { Say } from "~/ui/say.ts";
import { numbers, Table } from "~/ui/table.tsx";
import { attr } from "~/ui/text.ts";
import { absolute } from "~/ui/times.tsx";
import { Layout } from "../layout.tsx";
import { Bodies, BodiesLink, type BodyFacts } from "../panels/bodies.tsx";
import { explain, reasonWords } from "../reasons.ts";
import type { View } from "../view.ts";

interface RequestProps {
  view: View;
  request: OneRequest;
  /** That its bodies were kept; null where they were not. */
  facts: BodyFacts | null;
  /** The bodies themselves, for who asked to see them. */
  captured: Captured | null;
}

/** Everything that is known of one request. */
export function Request({ view, request, facts, captured }: RequestProps) {
  const { say } = view;
  const id = requestIdOf(request.id);
  return (
    <Layout view={view} here="/dashboard/requests" title={id}>
      <p>
        <a class="quiet" href="/dashboard/requests">
          {say("‹ Requests", "‹ 请求")}
        </a>
      </p>
      <div class="head">
        <h1>
          <Value text={id} say={say} />
        </h1>
        <p class="headline">
          <OutcomeBadge outcome={request.outcome} say={say} />
          {request.requests > 1 ? (
            <span safe>{`${say("stands for", "代表")} ${whole(request.requests)} ${say("requests", "个请求")}`}</span>
          ) : null}
          <span safe>{absolute(request.acceptedAt, view)}</span>
        </p>
      </div>
      <Failure view={view} request={request} />
      <Timeline view={view} request={request} />
      {request.calls.length > 0 ? <Calls view={view} request={request} /> : null}
      <div class="columns" hx-ignore>
        <Facts view={view} at={request.acceptedAt} title={say("Request", "请求")} facts={asked(view, request)} />
        <Facts view={view} at={request.acceptedAt} title={say("Client", "客户端")} facts={client(view, request)} />
        <Facts view={view} at={request.acceptedAt} title={say("Answer", "应答")} facts={answer(view, request)} />
        <Facts
          view={view}
          at={request.acceptedAt}
          title={say("Tokens and cost", "Token 与费用")}
          facts={used(view, request)}
        />
      </div>
      {captured !== null ? <Bodies view={view} id={id} captured={captured} /> : null}
      {captured === null && facts !== null ? <BodiesLink view={view} id={id} facts={facts} /> : null}
    </Layout>
  );
}

function Failure({ view: { say, language }, request }: { view: View; request: OneRequest }) {
  const { errorKind, errorText } = request;
  if (errorKind === null) return null;
  return (
    <section class="card broken">
      <h2 safe>{errorName(errorKind, language)}</h2>
      <p>
        {say("At fault:", "责任方：")} <span safe>{faultNames[errorKinds[errorKind].fault][language]}</span> ·{" "}
        <code>{errorKind}</code>
      </p>
      {errorText ? (
        <p hx-ignore>
          {errorKind === "upstream_unreachable"
            ? say("The connection ended with:", "连接错误：")
            : say("The upstream said:", "上游的说法：")}{" "}
          <code safe>{errorText}</code>
        </p>
      ) : null}
      {explain(errorKind, errorText, language).map((sentence) => (
        <p safe>{sentence}</p>
      ))}
    </section>
  );
}

/** Each call at an upstream, where one was not enough. */
function Calls({ view: { say, language }, request }: { view: View; request: OneRequest }) {
  return (
    <section class="card flush">
      <header class="card-head">
        <h2>{say("Each attempt", "每次尝试")}</h2>
      </header>
      <Table
        label={say("Each attempt", "每次尝试")}
        columns={[
          numbers("#"),
          say("Upstream", "上游"),
          say("Credential", "凭据"),
          say("Model", "模型"),
          numbers(say("Status", "状态")),
          say("Error", "错误"),
          numbers(say("Began", "开始")),
          numbers(say("Took", "耗时")),
        ]}
      >
        {request.calls.map((call) => (
          <tr>
            <td class="n">{call.number}</td>
            <td safe>{call.upstream}</td>
            <td safe>{call.credential}</td>
            <td safe>{call.model}</td>
            <td class="n">{call.status ?? unknown}</td>
            <td safe>
              {call.errorKind === null
                ? say("answered", "已应答")
                : reasonWords([call.errorKind, call.errorText].filter(Boolean).join(" "), language)}
            </td>
            <td class="n" safe>
              {duration(call.startedMs)}
            </td>
            <td class="n" safe>
              {duration(call.durationMs)}
            </td>
          </tr>
        ))}
      </Table>
    </section>
  );
}

interface Stage {
  name: string;
  class: string;
  from: number;
  to: number;
}

/** Where the time went, from arrival to end. */
function Timeline({ view, request }: { view: View; request: OneRequest }) {
  const { say } = view;
  const { durationMs: end } = request;
  if (end === null) return null;
  const stages = stagesOf(view, request, Math.max(end, 1));
  const all = Math.max(end, 1);
  return (
    <section class="card">
      <h2>{say("Where the time went", "时间去向")}</h2>
      <svg class="timeline" width="100%" height={stages.length * 28} aria-hidden="true">
        {stages.map(({ class: colour, from, to }, at) => (
          <rect
            class={colour}
            x={`${round((from / all) * 100)}%`}
            width={`${Math.max(0.3, round(((to - from) / all) * 100))}%`}
            y={at * 28 + 5}
            height="18"
            rx="3"
          />
        ))}
      </svg>
      <dl class="timeline-words">
        {stages.map(({ name, class: colour, from, to }) => (
          <div>
            <dt>
              <i class={`swatch ${colour}`} /> <span safe>{name}</span>
            </dt>
            <dd safe>
              {`${duration(to - from)} (${say("from", "从")} ${duration(from)} ${say("to", "到")} ${duration(to)})`}
            </dd>
          </div>
        ))}
      </dl>
      <p class="hint" safe>
        {`${say("Attempts at the upstream", "上游尝试次数")}: ${request.attempts} · ${say("zgate's own time", "网关自身耗时")}: ${duration(request.overheadUs === null ? null : request.overheadUs / 1000)}`}
      </p>
    </section>
  );
}

function stagesOf({ say }: View, request: OneRequest, end: number): Stage[] {
  const { queuedMs, upstreamHeadersMs, firstTokenMs } = request;
  const queued = Math.min(queuedMs ?? 0, end);
  const stages: Stage[] = [];
  if (queued > 0)
    stages.push({ name: say("in zgate's queue", "在网关排队"), class: "fill-aborted", from: 0, to: queued });
  if (upstreamHeadersMs === null) {
    stages.push({ name: say("until the end", "直到结束"), class: "fill-rejected", from: queued, to: end });
    return stages;
  }
  stages.push({
    name: say("until the upstream answered", "等待上游响应"),
    class: "fill-rejected",
    from: queued,
    to: Math.min(upstreamHeadersMs, end),
  });
  const first = firstTokenMs ?? end;
  if (firstTokenMs !== null) {
    stages.push({
      name: say("until the first token", "等待首字"),
      class: "fill-p50",
      from: Math.min(upstreamHeadersMs, end),
      to: Math.min(first, end),
    });
  }
  stages.push({
    name: lastStage(request.outcome, say),
    class: request.outcome === "completed" ? "fill-completed" : `fill-${request.outcome}`,
    from: Math.min(firstTokenMs ?? upstreamHeadersMs, end),
    to: end,
  });
  return stages;
}

/** What the end of a request was, as it turned out. */
function lastStage(outcome: Outcome, say: Say): string {
  if (outcome === "failed") return say("until it broke off", "直到中断");
  return outcome === "aborted" ? say("until the client left", "直到客户端离开") : say("answer", "应答");
}

/** `filters`: the requests of the same hour that have this in common. */
type Fact = [name: string, value: string | null, filters?: Filters];

function Facts({ view, at, title, facts }: { view: View; at: number; title: string; facts: Fact[] }) {
  const { say } = view;
  return (
    <section class="card">
      <h2 safe>{title}</h2>
      <dl class="pairs">
        {facts.map(([name, value, filters]) => (
          <>
            <dt safe>{name}</dt>
            <dd>
              {filters === undefined || !value ? (
                <span safe>{value || unknown}</span>
              ) : (
                <a href={attr(around(view, at, filters))} title={say("all of that hour", "同一时段的全部")} safe>
                  {value}
                </a>
              )}
            </dd>
          </>
        ))}
      </dl>
    </section>
  );
}

/** What else there was half an hour before and after. */
function around({ zone }: View, at: number, filters: Filters): string {
  const span = { from: fieldValue(at - 1_800_000, zone), to: fieldValue(at + 1_860_000, zone) };
  return `/dashboard/requests?${new URLSearchParams({ ...span, ...filters })}`;
}

function asked({ say }: View, request: OneRequest): Fact[] {
  return [
    [say("Call", "调用"), `${request.method ?? ""} ${request.path ?? ""}`],
    ["API", request.api, { api: request.api ?? "" }],
    [
      say("Model asked for", "请求的模型"),
      request.modelAsked,
      { model: request.modelServed ?? request.modelAsked ?? "" },
    ],
    [say("Model served", "实际模型"), request.modelServed],
    [say("Streamed", "流式"), request.stream ? say("yes", "是") : say("no", "否")],
    [say("Body", "请求体"), bytes(request.bytesIn)],
  ];
}

function client({ say }: View, request: OneRequest): Fact[] {
  return [
    [say("Key", "密钥"), request.keyName, { key: `${request.keyId}` }],
    [say("Secret", "密钥串"), request.secretHint],
    [say("Program", "程序"), [request.family, request.version].filter(Boolean).join(" ")],
    ["User-Agent", request.userAgent, { agent: request.userAgent ?? "" }],
    [say("Address", "地址"), request.address, { address: request.address ?? "" }],
    [say("Its own request id", "客户端请求 ID"), request.clientRequestId],
  ];
}

function answer({ say, language }: View, request: OneRequest): Fact[] {
  return [
    [say("Status", "状态码"), request.status === null ? null : `${request.status}`],
    [
      say("Error", "错误"),
      request.errorKind === null ? null : errorName(request.errorKind, language),
      { error: request.errorKind ?? "" },
    ],
    [say("Upstream", "上游"), request.upstream, { upstream: request.upstream ?? "" }],
    [say("Credential", "上游凭据"), request.credential],
    [say("Duration", "耗时"), duration(request.durationMs)],
    [say("First token", "首字"), duration(request.firstTokenMs)],
    [say("Sent", "已发送"), bytes(request.bytesOut)],
  ];
}

function used({ say }: View, request: OneRequest): Fact[] {
  const sources = {
    upstream: say("counted by the upstream", "由上游统计"),
    estimated: say("estimated by zgate", "由网关估算"),
    none: say("nobody counted", "无统计"),
  };
  return [
    [say("In", "输入"), whole(request.tokensIn)],
    [say("of these cached", "其中缓存"), whole(request.tokensCached)],
    [say("Out", "输出"), whole(request.tokensOut)],
    [say("of these thinking", "其中思考"), whole(request.tokensReasoning)],
    [say("Source", "来源"), sources[request.tokenSource]],
    [
      say("Cost", "费用"),
      request.costNano === null ? null : money(request.costNano / 1e9, request.costCurrency ?? "USD"),
    ],
  ];
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
