import { afterAll, expect } from "bun:test";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Certificate, readCertificate, watchCertificate } from "~/certificate.ts";
import { loadConfig } from "~/config/load.ts";
import { startApp } from "./helpers/app.ts";
import { makeCertificate } from "./helpers/certificate.ts";
import { testWith } from "./helpers/programs.ts";

const folder = mkdtempSync(join(tmpdir(), "zgate-certificate-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const paths = { TLS_CERT: join(folder, "cert.pem"), TLS_KEY: join(folder, "key.pem") };
const put = ({ cert, key }: Certificate) => {
  writeFileSync(paths.TLS_CERT, cert);
  writeFileSync(paths.TLS_KEY, key);
};
const settingsOf = (env: Record<string, string>) => loadConfig(env, null).settings;

testWith("openssl")(
  "with a certificate of its owner's, zgate speaks HTTPS: answers, streams, and cookies that stay within it",
  async () => {
    const made = makeCertificate();
    put(made);
    const app = await startApp({ env: paths });
    try {
      expect(app.url).toStartWith("https://");
      const home = app.url.replace("127.0.0.1", "localhost");
      const trusting = { tls: { ca: made.cert } } as RequestInit;
      const answer = await fetch(`${home}/v1/chat/completions`, {
        ...trusting,
        method: "POST",
        headers: { Authorization: `Bearer ${app.key}` },
        body: JSON.stringify({ stream: true, messages: [{ role: "user", content: "What is 7 + 5?" }] }),
      });
      expect(await answer.text()).toEndWith("data: [DONE]\n\n");
      const signIn = await fetch(`${home}/dashboard/sign-in`, {
        ...trusting,
        method: "POST",
        body: new URLSearchParams({ password: app.password }),
        headers: { origin: home },
        redirect: "manual",
      });
      expect(signIn.headers.get("set-cookie")).toContain("; Secure");
      expect(await (await fetch(`${home}/docs`, trusting)).text()).toContain(`${home}/v1`);
      // Whoever does not know the certificate is not served by mistake, and nobody in the clear.
      await expect(fetch(`${home}/health`)).rejects.toThrow();
      await expect(fetch(`${home.replace("https", "http")}/health`)).rejects.toThrow();
    } finally {
      await app.stop();
    }
  },
);

testWith("openssl")("a renewed certificate is taken up, once both of its files fit", async () => {
  put(makeCertificate());
  const settings = settingsOf(paths);
  const said: string[] = [];
  const log = { info: (text: string) => said.push(text), warning: (text: string) => said.push(text) };
  const renewed: Certificate[] = [];
  const first = (await readCertificate(settings))!;
  const stop = watchCertificate(settings, first, log, (one) => renewed.push(one), 5);
  const next = makeCertificate();
  copyFileSync(next.path, paths.TLS_CERT);
  while (said.length === 0) await Bun.sleep(5);
  expect(said[0]).toContain("stays as it is: the key in TLS_KEY is not the one");
  expect(renewed).toEqual([]);
  writeFileSync(paths.TLS_KEY, next.key);
  while (renewed.length === 0) await Bun.sleep(5);
  await Bun.sleep(30);
  expect(renewed).toEqual([{ cert: next.cert, key: next.key }]);
  expect(said).toHaveLength(2);
  stop();
});

testWith("openssl")("a certificate that cannot be shown ends the start with a sentence", async () => {
  const why = (env: Record<string, string>) => readCertificate(settingsOf(env)).catch(({ message }) => message);
  put({ ...makeCertificate(), key: makeCertificate().key });
  expect(await why(paths)).toContain("is not the one of the certificate");
  writeFileSync(paths.TLS_KEY, "nothing of the kind");
  expect(await why(paths)).toContain("as PEM");
  expect(await why({ ...paths, TLS_KEY: join(folder, "none.pem") })).toContain("cannot be read");
  expect(() => settingsOf({ TLS_CERT: paths.TLS_CERT })).toThrow("belong together");
  expect(await why({})).toBeNull();
});
