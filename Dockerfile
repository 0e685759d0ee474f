# syntax=docker/dockerfile:1
# The binary is made in one image and served from another that holds nothing else.

FROM oven/bun:1.4.5 AS build
WORKDIR /src
COPY package.json bun.lock bunfig.toml ./
RUN bun install --frozen-lockfile
COPY tsconfig.json ./
COPY scripts ./scripts
COPY drizzle ./drizzle
COPY migrations ./migrations
COPY public ./public
COPY src ./src
RUN bun run build && mkdir -m 0700 /data

FROM debian:bookworm-slim
# Certificates to verify the upstream with; zones to tell the time in.
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates tzdata \
  && rm -rf /var/lib/apt/lists/*
COPY --from=build /src/dist/zgate /usr/local/bin/zgate
# A named volume takes its owner from here, so the server, which is not root, can write it.
COPY --from=build --chown=10001:10001 /data /data
USER 10001:10001
ENV HOST=0.0.0.0 PORT=9090 DATA_DIR=/data
VOLUME /data
EXPOSE 9090
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=40s --retries=3 CMD ["zgate", "health"]
ENTRYPOINT ["zgate"]
CMD ["serve"]
