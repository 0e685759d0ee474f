import { failure as messagesFailure } from "~/apis/anthropic-messages/failure.ts";
import { failure } from "~/apis/openai-chat/failure.ts";
import type { Certificate } from "~/certificate.ts";
import type { Settings } from "~/config.ts";
import type { Report } from "~/db/open.ts";
import { GatewayError, StartError } from "~/errors.ts";
import type { Log } from "~/log.ts";
import { jsonHeaders } from "~/wire/headers.ts";

/** What answers at the port while a large database is checked or migrated, so that nobody waits in front of a wall. */
export interface Opening {
  report: Report;
  /**
   * Gives the port back. Resolves with the port, null where nothing had to be opened, and with how many API requests
   * were turned away meanwhile.
   */
  end(): Promise<{ port: number | null; turnedAway: number }>;
}

/** Opens the port with the first report. */
export function createOpening(
  { port, host }: Pick<Settings, "port" | "host">,
  certificate: Certificate | null,
  log: Log,
): Opening {
  const startedAt = performance.now();
  let server: Bun.Server<undefined> | null = null;
  let progress: Parameters<Report>[0] = { stage: "checking", done: 0, of: 1 };
  let turnedAway = 0;

  function answer(request: Request): Response {
    const path = pathIn(request.url);
    if (path === "/health") return Response.json({ status: "ok", service: "zgate" }, { headers: jsonHeaders });
    if (path === "/ready") {
      const seconds = Math.round((performance.now() - startedAt) / 1000);
      const state = { status: "not ready", open: true, storage: false, starting: { ...progress, seconds } };
      return Response.json(state, { status: 503, headers: { ...jsonHeaders, "retry-after": "5" } });
    }
    if (/^\/(v1|anthropic)(\/|$)/.test(path)) {
      turnedAway++;
      const error = new GatewayError("storage_unavailable", `This gateway is starting: ${sentence(progress)}`);
      const words = /^\/(anthropic|v1\/messages)(\/|$)/.test(path) ? messagesFailure : failure;
      return new Response(words.body(error), { status: 503, headers: { ...jsonHeaders, "retry-after": "5" } });
    }
    return new Response(`zgate is starting: ${sentence(progress)}\n`, {
      status: 503,
      headers: { "content-type": "text/plain; charset=utf-8", "retry-after": "5", refresh: "5" },
    });
  }

  return {
    report(now) {
      if (now.stage !== progress.stage || server === null) log.info(`The start takes a while: ${sentence(now)}`);
      progress = now;
      server ??= listen(port, host, certificate, answer);
    },
    async end() {
      const used = server?.port ?? null;
      // The port is free when this resolves; a connection in between is tried again by whoever asked for readiness.
      await server?.stop(true);
      return { port: used, turnedAway };
    },
  };
}

/** What a port that cannot be had means to the person at the terminal. */
export function asPortError(error: unknown, port: number, host: string): unknown {
  const code = error instanceof Error && "code" in error ? error.code : "";
  if (code === "EADDRINUSE") {
    return new StartError(`Port ${port} is in use by another program. Stop it, or set PORT to a free one.`, {
      zh: `端口 ${port} 已被其他程序占用。请停止该程序，或将 PORT 设为空闲端口。`,
    });
  }
  if (code === "EACCES") {
    return new StartError(`Port ${port} is for root alone. Set PORT to one above 1023, with a proxy in front of it.`, {
      zh: `端口 ${port} 只有 root 能用。请将 PORT 设为 1023 以上，并在前面放反向代理。`,
    });
  }
  // A name that leads nowhere is a file that is not there, to Bun.
  if (code === "EADDRNOTAVAIL" || code === "EINVAL" || code === "ENOENT") {
    return new StartError(`HOST=${host} is no address of this machine. Set HOST to 127.0.0.1 or 0.0.0.0.`, {
      zh: `HOST=${host} 不是本机地址。请将 HOST 设为 127.0.0.1 或 0.0.0.0。`,
    });
  }
  return error;
}

function listen(
  port: number,
  hostname: string,
  certificate: Certificate | null,
  fetch: (request: Request) => Response,
): Bun.Server<undefined> {
  try {
    return Bun.serve({ port, hostname, reusePort: false, fetch, ...(certificate !== null && { tls: certificate }) });
  } catch (error) {
    throw asPortError(error, port, hostname);
  }
}

function sentence({ stage, done, of }: Parameters<Report>[0]): string {
  const how = of > 1 ? ` (${done} of ${of})` : "";
  return { checking: "checking the database", copying: "copying it before the update", migrating: "updating it" }[
    stage
  ].concat(how);
}

/** With a hostile Host header, `url` is a bare path, which `URL` would refuse. */
function pathIn(url: string): string {
  const start = url.startsWith("/") ? 0 : url.indexOf("/", url.indexOf("://") + 3);
  return start < 0 ? "/" : (url.slice(start).split("?")[0] ?? "/");
}
