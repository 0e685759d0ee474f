import { expect, test } from "bun:test";
import { withoutEffect } from "~/config/names.ts";
import { type SettingKey, settingsTable } from "~/config.ts";

const read = (path: string): Promise<string> => Bun.file(new URL(`../../${path}`, import.meta.url)).text();
const compose = Bun.YAML.parse(await read("compose.yaml")) as {
  services: Record<string, Record<string, unknown> & { environment?: Record<string, string | null> }>;
  volumes: Record<string, unknown>;
};
const { zgate, nginx } = compose.services;

test("every setting by each of its names reaches the container from .env or --env-file", () => {
  const environment = zgate!.environment!;
  const names = Object.keys(settingsTable).flatMap((key) => {
    const { name, aliases } = settingsTable[key as SettingKey];
    return [name, ...aliases];
  });
  for (const name of [...names, ...Object.keys(withoutEffect)]) {
    if (["PORT", "HOST", "DATA_DIR"].includes(name)) expect(environment[name]).toBeString();
    // Nothing but the published port hears of it: inside, the port is the image's.
    else if (name === "ZAI_PORT") expect(environment).not.toHaveProperty(name);
    else expect([name, environment[name]]).toEqual([name, null]);
  }
  expect(zgate!.ports).toEqual([expect.stringMatching(/\{PORT:-\$\{ZAI_PORT:-9090\}\}:9090$/)]);
});

test("data outlives the container, which is read-only, bounded and has no rights", () => {
  expect(zgate).toMatchObject({
    volumes: ["data:/data"],
    read_only: true,
    cap_drop: ["ALL"],
    security_opt: ["no-new-privileges:true"],
    deploy: { resources: { limits: { memory: "512M" } } },
    logging: { driver: "json-file", options: { "max-size": "10m", "max-file": "3" } },
    healthcheck: { test: ["CMD", "zgate", "health"] },
  });
  expect(compose.volumes).toHaveProperty("data");
});

test("nginx comes with its profile alone, with its files and the certificate's folder", async () => {
  expect(nginx).toMatchObject({
    profiles: ["nginx"],
    volumes: ["./deploy/nginx:/zgate:ro", "./ssl:/etc/nginx/ssl:ro"],
  });
  const command = (nginx!.command as string[]).join(" ");
  for (const name of ["zgate.conf", "zgate-https.conf", "zgate-locations.conf"]) {
    expect(command).toContain(name);
    expect(await Bun.file(new URL(`../../deploy/nginx/${name}`, import.meta.url)).exists()).toBe(true);
  }
  // What the command puts in its place stands there.
  for (const name of ["zgate.conf", "zgate-https.conf"]) {
    expect(await read(`deploy/nginx/${name}`)).toContain("server 127.0.0.1:9090;");
  }
});

test("the image copies nothing that .dockerignore keeps out, and runs as a number", async () => {
  const dockerfile = await read("Dockerfile");
  const ignored = (await read(".dockerignore")).split("\n").filter(Boolean);
  for (const [, paths = ""] of dockerfile.matchAll(/^COPY (?!--)(.+) \S+$/gm)) {
    for (const path of paths.split(" ")) expect(ignored).not.toContain(path);
  }
  for (const secret of [".env", ".env.*", "data", "ssl"]) expect(ignored).toContain(secret);
  expect(dockerfile).toMatch(/^USER \d+:\d+$/m);
  expect(dockerfile).toMatch(/^HEALTHCHECK /m);
});
