import { expect, setDefaultTimeout, test } from "bun:test";
import { startSimulator } from "~/simulator/simulator.ts";
import { scratch, serve } from "../cli/process.ts";
import { makeCertificate } from "../helpers/certificate.ts";
import { closedPort } from "../helpers/ports.ts";
import { has } from "../helpers/programs.ts";
import { hasTinyproxy, startTinyproxy } from "../helpers/tinyproxy.ts";
import { world } from "../helpers/world.ts";

setDefaultTimeout(60_000);

test.skipIf(!hasTinyproxy || !has("openssl"))(
  "through a proxy that others wrote: a tunnel for each origin, streams that flow, and a sentence where it says no",
  async () => {
    const proxy = await startTinyproxy();
    const simulator = await startSimulator({ paceMs: 5 });
    const { cert, key, path } = makeCertificate();
    const upstream = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      tls: { cert, key },
      fetch: (request) => fetch(new URL(new URL(request.url).pathname, simulator.url), request),
    });
    const nobody = `http://127.0.0.1:${closedPort()}`;
    // What the system says of proxies is not what zgate's owner says.
    const env = { NODE_EXTRA_CA_CERTS: path, HTTP_PROXY: nobody, HTTPS_PROXY: nobody, https_proxy: nobody };
    const base = `https://localhost:${upstream.port}/api/paas/v4`;
    const ask = async (more: Record<string, string>) => {
      using folder = scratch();
      using served = await serve(folder.path, base, { ...env, RETRY_BUDGET: "0", ...more });
      const answer = await fetch(`${served.url}/v1/chat/completions`, {
        method: "POST",
        headers: { Authorization: `Bearer ${served.key}` },
        body: JSON.stringify({
          model: world.models.usual,
          stream: true,
          messages: [{ role: "user", content: world.questions.poem }],
        }),
      });
      const text = await answer.text();
      served.child.kill("SIGTERM");
      await served.child.exited;
      return { status: answer.status, text };
    };

    const well = await ask({ UPSTREAM_PROXY: proxy.url });
    expect(well.text).toEndWith("data: [DONE]\n\n");
    expect(proxy.log()).toContain(`CONNECT localhost:${upstream.port} HTTP/1.1`);
    const wrong = await ask({ UPSTREAM_PROXY: proxy.url.replace(/zgate:\w+/, "zgate:forgotten") });
    expect(wrong.status).toBe(502);
    expect(wrong.text).toContain("the proxy opened no tunnel to it");
    expect(wrong.text).not.toContain("forgotten");
    const before = proxy.log().length;
    expect((await ask({})).text).toEndWith("data: [DONE]\n\n");
    expect(proxy.log().length).toBe(before);

    upstream.stop(true);
    simulator.stop();
    await proxy.stop();
  },
);
