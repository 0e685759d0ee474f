# syntax=docker/dockerfile:1
# The binary is made in one image and served from another that holds nothing else.

# On the machine that builds, for the one that will run it: docker buildx build --platform linux/amd64,linux/arm64 .
FROM --platform=$BUILDPLATFORM oven/bun:1.4.5 AS build
ARG TARGETARCH
WORKDIR /src
COPY package.json bun.lock bunfig.toml ./
RUN bun install --frozen-lockfile
COPY tsconfig.json ./
COPY scripts ./scripts
COPY drizzle ./drizzle
COPY migrations ./migrations
COPY public ./public
COPY src ./src
RUN case "$TARGETARCH" in \
    amd64) target=--target=bun-linux-x64-baseline ;; \
    arm64) target=--target=bun-linux-arm64 ;; \
  esac; \
  bun run build $target && mkdir -m 0700 data

FROM debian:bookworm-slim
# Certificates to verify the upstream with; zones to tell the time in.
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates tzdata \
  && rm -rf /var/lib/apt/lists/*
COPY --from=build /src/dist/zgate /usr/local/bin/zgate
# A named volume takes its owner from here, so the server, which is not root, can write it.
COPY --from=build --chown=10001:10001 /src/data /data
USER 10001:10001
# The last one would otherwise make every start begin twice.
ENV HOST=0.0.0.0 PORT=9090 DATA_DIR=/data
VOLUME /data
EXPOSE 9090
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=40s --retries=3 CMD ["zgate", "health"]
ENTRYPOINT ["zgate"]
CMD ["serve"]
