import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { freePort, launch, type Pinned } from "./process.ts";

/** What stands between the load and the simulated upstream. */
export interface Gateway {
  name: string;
  port: number;
  /** Where it takes a chat completion. */
  path: string;
  process: Pinned;
  /** zgate's alone: where its rows are. */
  dataDir: string | null;
  /** What a request through it needs besides the usual headers. */
  headers?: Record<string, string>;
}

export interface Place {
  /** Where everything that is written goes, on the disk that is measured. */
  folder: string;
  core: number | null;
  key: string;
}

/** Where each dialect of the simulated upstream answers. */
export interface Upstream {
  dialect: "openai" | "zai" | "zai-web";
  port: number;
  path: string;
}

export function upstreamAt(port: number, dialect: Upstream["dialect"]): Upstream {
  return { dialect, port, path: paths[dialect] };
}

const clientPath = "/v1/chat/completions";

const paths = {
  openai: clientPath,
  zai: "/api/paas/v4/chat/completions",
  "zai-web": "/api/chat/completions",
};

export async function startSimulator(place: Omit<Place, "key">, more: string[] = []) {
  const port = await freePort();
  const command = [process.execPath, "src/simulator/main.ts", "--bench", "--port", String(port), ...more];
  const isReady = async () => (await fetch(`http://127.0.0.1:${port}/v1/models`)).ok;
  return { port, process: await launch({ command, core: place.core, isReady }) };
}

export async function startBare(place: Place, upstream: Upstream): Promise<Gateway> {
  const port = await freePort();
  const command = [process.execPath, "bench/bare.ts", String(port), urlOf(upstream)];
  const isReady = async () => (await fetch(`http://127.0.0.1:${port}/`)).status === 404;
  return {
    name: "bare",
    port,
    path: clientPath,
    dataDir: null,
    process: await launch({ command, core: place.core, isReady }),
  };
}

let made = 0;

export async function startZgate(
  place: Place,
  upstream: Upstream,
  dataDir = join(place.folder, `zgate-${++made}`),
  program = [process.execPath, "src/main.ts"],
): Promise<Gateway> {
  const port = await freePort();
  const command = [...program, "serve"];
  const isReady = async () => (await fetch(`http://127.0.0.1:${port}/ready`)).ok;
  const settings = {
    PORT: String(port),
    DATA_DIR: dataDir,
    DEFAULT_KEY: place.key,
    ADMIN_PASSWORD: place.key,
    UPSTREAM_URL: urlOf(upstream),
    UPSTREAM_DIALECT: upstream.dialect,
    ZAI_TOKEN: place.key,
    DURABILITY: "ack",
  };
  return {
    name: "zgate",
    port,
    path: clientPath,
    dataDir,
    process: await launch({ command, core: place.core, env: settings, isReady }),
  };
}

/** Null where nginx is not installed. */
export async function startNginx(place: Place, upstream: Upstream): Promise<Gateway | null> {
  const nginx = Bun.which("nginx", { PATH: `${process.env.PATH}:/usr/sbin` });
  if (nginx === null) return null;
  const port = await freePort();
  const folder = join(place.folder, `nginx-${++made}`);
  mkdirSync(folder, { recursive: true });
  const config = join(folder, "nginx.conf");
  writeFileSync(config, nginxConfig(port, upstream, folder));
  const command = [nginx, "-p", folder, "-c", config, "-e", join(folder, "error.log")];
  const isReady = async () => (await fetch(`http://127.0.0.1:${port}/`)).status === 404;
  return {
    name: "nginx",
    port,
    path: clientPath,
    dataDir: null,
    process: await launch({ command, core: place.core, isReady }),
  };
}

/** Null where HAProxy is not installed. */
export async function startHaproxy(place: Place, upstream: Upstream): Promise<Gateway | null> {
  const haproxy = Bun.which("haproxy", { PATH: `${process.env.PATH}:/usr/sbin` });
  if (haproxy === null) return null;
  const port = await freePort();
  const config = join(place.folder, `haproxy-${++made}.cfg`);
  writeFileSync(config, haproxyConfig(port, upstream));
  const isReady = async () => (await fetch(`http://127.0.0.1:${port}/none`)).status > 0;
  const command = [haproxy, "-db", "-f", config];
  return {
    name: "HAProxy",
    port,
    path: clientPath,
    dataDir: null,
    process: await launch({ command, core: place.core, isReady }),
  };
}

/** Portkey's gateway, where its npm package is installed beside zgate's or in `PORTKEY_DIR`; it takes the chat API only. */
export async function startPortkey(place: Place, upstream: Upstream): Promise<Gateway | null> {
  const folders = [process.env.PORTKEY_DIR ?? "", "node_modules"];
  const script = folders.map((folder) => resolve(folder, "@portkey-ai/gateway/build/start-server.js")).find(existsSync);
  const node = Bun.which("node");
  if (script === undefined || node === null || upstream.dialect !== "openai") return null;
  const port = await freePort();
  const command = [node, script, "--headless", `--port=${port}`];
  const isReady = async () => (await fetch(`http://127.0.0.1:${port}/`)).status > 0;
  const headers = {
    "x-portkey-provider": "openai",
    "x-portkey-custom-host": urlOf(upstream).replace("/chat/completions", ""),
  };
  const launched = await launch({ command, core: place.core, isLoud: false, isReady });
  return { name: "Portkey", port, path: clientPath, dataDir: null, headers, process: launched };
}

const urlOf = ({ port, path }: Upstream): string => `http://127.0.0.1:${port}${path}`;

const nginxConfig = (port: number, upstream: Upstream, folder: string): string => `
daemon off;
master_process off;
pid ${folder}/nginx.pid;
events { worker_connections 4096; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  client_max_body_size 64m;
  keepalive_requests 1000000000;
  upstream simulated {
    server 127.0.0.1:${upstream.port};
    keepalive 1024;
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${port};
    location = /v1/chat/completions {
      proxy_pass http://simulated${upstream.path};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
    }
    location / { return 404; }
  }
}
`;

const haproxyConfig = (port: number, upstream: Upstream): string => `
global
  nbthread 1
  maxconn 8192
defaults
  mode http
  timeout connect 5s
  timeout client 300s
  timeout server 300s
frontend in
  bind 127.0.0.1:${port}
  http-request set-path ${upstream.path}
  default_backend simulated
backend simulated
  http-reuse always
  server one 127.0.0.1:${upstream.port}
`;
