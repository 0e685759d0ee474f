import type { App } from "../helpers/app.ts";

/** An owner who is signed in, without a browser: what a browser would send, he sends. */
export interface Owner {
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  /** A form of one of our pages: with the session's token, from the same origin. */
  post(path: string, fields: Record<string, string>, headers?: Record<string, string>): Promise<Response>;
  cookie: string;
  csrf: string;
}

export async function signIn(app: App): Promise<Owner> {
  const response = await fetch(`${app.url}/dashboard/sign-in`, {
    method: "POST",
    redirect: "manual",
    headers: { "sec-fetch-site": "same-origin" },
    body: new URLSearchParams({ password: app.password }),
  });
  const cookie = response.headers.get("set-cookie")?.split(";")[0] ?? "";
  const get: Owner["get"] = (path, headers = {}) =>
    fetch(`${app.url}${path}`, { redirect: "manual", headers: { accept: "text/html", cookie, ...headers } });
  const csrf = /name="csrf" value="([^"]+)"/.exec(await (await get("/dashboard/system")).text())?.[1] ?? "";
  return {
    get,
    post: (path, fields, headers = {}) =>
      fetch(`${app.url}${path}`, {
        method: "POST",
        redirect: "manual",
        headers: { cookie, "sec-fetch-site": "same-origin", ...headers },
        body: new URLSearchParams({ csrf, ...fields }),
      }),
    cookie,
    csrf,
  };
}
