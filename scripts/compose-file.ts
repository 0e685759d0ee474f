import { withoutEffect } from "~/config/names.ts";
import { type SettingKey, settingsTable } from "~/config.ts";

/** Inside the container these are the image's own: a `.env` that was written for another place cannot change them. */
const fixed = ["PORT", "ZAI_PORT", "HOST", "DATA_DIR"];

/** `compose.yaml`, with every setting by each of its names: what is not named here never reaches the container. */
export function composeFile(): string {
  const names = Object.keys(settingsTable).flatMap((key) => {
    const { name, aliases } = settingsTable[key as SettingKey];
    return [name, ...aliases];
  });
  const all = [...new Set([...names, ...Object.keys(withoutEffect)])].filter((name) => !fixed.includes(name));
  return template.replace("@@NAMES@@", all.map((name) => `      ${name}:`).join("\n"));
}

const template = `# docker compose up -d                       zgate alone, on port 9090
# docker compose --profile nginx up -d       nginx in front of it, on 80, and on 443 with ssl/cert.pem and ssl/key.pem
# docker compose --env-file .env.prod up -d  with the settings of that file
#
# Made by scripts/settings-doc.ts. Settings go into .env, nothing here needs a change; where something does, put it into
# compose.override.yaml, which Compose reads along.

name: zgate

x-logging: &logging
  driver: json-file
  options:
    max-size: 10m
    max-file: "3"

services:
  zgate:
    image: \${ZGATE_IMAGE:-zgate:latest}
    build: .
    restart: unless-stopped
    # PUBLISH_ADDRESS=127.0.0.1 where only a proxy on this machine may reach it: ports that Docker publishes pass by ufw.
    ports:
      - "\${PUBLISH_ADDRESS:-0.0.0.0}:\${PORT:-\${ZAI_PORT:-9090}}:9090"
    # A name without a value takes it from the shell, else from .env or the file of --env-file, and is left out where
    # neither has it. There, a value with a $ has to stand in 'single quotes'.
    environment:
      PORT: "9090"
      HOST: 0.0.0.0
      DATA_DIR: /data
@@NAMES@@
    volumes:
      - data:/data
    read_only: true
    tmpfs:
      - /tmp
    # Lets threads that make the dashboard stand aside for traffic, and come back.
    ulimits:
      nice: 20
    cap_drop:
      - ALL
    security_opt:
      - no-new-privileges:true
    # Longer than SHUTDOWN_TIMEOUT: running answers end in peace.
    stop_grace_period: 30s
    healthcheck:
      test: ["CMD", "zgate", "health"]
      interval: 30s
      timeout: 5s
      retries: 3
      start_period: 40s
    deploy:
      resources:
        limits:
          cpus: "1.0"
          memory: 512M
        reservations:
          memory: 128M
    logging: *logging

  nginx:
    image: nginx:1.28-alpine
    profiles: [nginx]
    restart: unless-stopped
    depends_on:
      zgate:
        condition: service_healthy
    ports:
      - "80:80"
      - "443:443"
    volumes:
      - ./deploy/nginx:/zgate:ro
      - ./ssl:/etc/nginx/ssl:ro
    # With a certificate in ssl/ it speaks HTTPS and sends everybody there. TRUSTED_PROXIES=private lets zgate believe it.
    command:
      - sh
      - -c
      - >-
        conf=zgate.conf; if [ -s /etc/nginx/ssl/cert.pem ]; then conf=zgate-https.conf; fi;
        sed 's/server 127.0.0.1:9090;/zone zgate 64k; resolver 127.0.0.11 valid=2s; server zgate:9090 resolve;/'
        /zgate/$$conf > /etc/nginx/conf.d/default.conf;
        cp /zgate/zgate-locations.conf /etc/nginx/zgate-locations.conf; exec nginx -g 'daemon off;'
    deploy:
      resources:
        limits:
          cpus: "0.5"
          memory: 128M
    logging: *logging

volumes:
  data:
`;
