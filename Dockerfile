# The console is built where development packages are; only its files go on.
FROM oven/bun:1.4.5-slim AS build
WORKDIR /app
COPY package.json bun.lock bunfig.toml ./
RUN bun install --frozen-lockfile
COPY . .
RUN bun run build

FROM oven/bun:1.4.5-slim AS packages
WORKDIR /app
COPY package.json bun.lock bunfig.toml ./
RUN bun install --frozen-lockfile --production

FROM oven/bun:1.4.5-slim
# Bun sends 256 requests at once by default: more chat streams than that would queue.
ENV NODE_ENV=production \
    BUN_CONFIG_MAX_HTTP_REQUESTS=4000 \
    DATA_DIR=/data
WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY package.json ./
COPY drizzle ./drizzle
COPY server ./server
COPY --from=build /app/console/dist ./console/dist
# Mount a volume at /data to keep the embedded database (EMBEDDED_DATABASE=true); with DATABASE_URL it stays empty.
# No VOLUME instruction: it makes unnamed volumes that get lost, and Railway refuses images that have one.
RUN mkdir -p /data && chown bun:bun /data
USER bun
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["bun", "-e", "process.exit((await fetch(`http://127.0.0.1:${process.env.PORT || 8000}/health`)).ok ? 0 : 1)"]
CMD ["bun", "server/main.ts"]
