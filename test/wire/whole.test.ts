import { expect, test } from "bun:test";
import { whole } from "~/wire/whole.ts";

// The runtime writes an answer that comes late and fits into its buffer in one go; a larger one goes another way.
for (const size of [0, 1, 12 * 1024, 12 * 1024 + 1, 3_000_000]) {
  test(`${size} bytes arrive whole, as text and as bytes, with their headers`, async () => {
    const text = "ä".repeat(Math.floor(size / 2)) + "x".repeat(size % 2);
    const bodies: Record<string, string | Uint8Array> = { "/text": text, "/bytes": new TextEncoder().encode(text) };
    const server = Bun.serve({
      port: 0,
      async fetch({ url }) {
        await Bun.sleep(1);
        return whole(bodies[new URL(url).pathname]!, { status: 203, headers: { "x-mark": "kept" } });
      },
    });
    for (const path of Object.keys(bodies)) {
      for (const version of ["--http1.1", "--http1.0"]) {
        const curl = Bun.spawn(["curl", "-s", "-i", version, `${server.url.origin}${path}`]);
        const answer = await new Response(curl.stdout).text();
        const end = answer.indexOf("\r\n\r\n");
        const head = answer.slice(0, end).split("\r\n");
        expect(head[0]).toMatch(/^HTTP\/1\.1 203 /);
        expect(head).toContain("x-mark: kept");
        expect(answer.slice(end + 4)).toBe(text);
      }
    }
    await server.stop(true);
  });
}

test.if(Bun.which("strace") !== null)(
  "head and body of a large answer leave together",
  async () => {
    const program = `
    import { whole } from "${new URL("../../src/wire/whole.ts", import.meta.url).pathname}";
    const headers = { "x-one": "1", "x-two": "2", "x-three": "3" };
    const server = Bun.serve({ port: 0, async fetch() { await Bun.sleep(1); return whole("x".repeat(20_000), { headers }); } });
    console.log((await (await fetch(server.url)).text()).length);
    await server.stop(true);`;
    const traced = ["strace", "-f", "-e", "trace=sendto,sendmsg", process.execPath, "-e", program];
    const run = Bun.spawn(traced, { stderr: "pipe" });
    const [answer, calls] = await Promise.all([new Response(run.stdout).text(), new Response(run.stderr).text()]);
    expect(answer.trim()).toBe("20000");
    expect(calls).toContain("HTTP/1.1 200 OK");
    expect(calls.split("\n").filter((line) => /"x-(one|two|three)"/i.test(line))).toEqual([]);
  },
  30_000,
);
