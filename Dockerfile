# One image for all services: `docker run IMAGE COMMAND`, where COMMAND is collector, assembler, worker, archiver, alerter, scheduler, notary or any
# other of `watchkeeper --help`. It needs no right to write anywhere but in /var/lib/watchkeeper and /tmp.
ARG NODE=node:26.10.0-bookworm-slim

FROM ${NODE} AS build
WORKDIR /app
COPY . .
# Locked dependencies and the build, as `npm start` makes them; then only what runs is kept.
RUN node --input-type=module --eval "import { setUp } from './infra/dev/setup.mjs'; setUp()" \
 && npm prune --omit=dev --no-audit --no-fund --loglevel=error \
 && rm -rf dist/bench dist/test node_modules/.cache \
 && find dist -name '*.test.js*' -delete

FROM ${NODE}
# A fixed number, so that volumes and secrets can be given to it. Nobody has a shell or a password here.
RUN groupadd --gid 10001 watchkeeper \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin watchkeeper \
 && install --directory --owner=10001 --group=10001 --mode=0700 /var/lib/watchkeeper
WORKDIR /app
COPY --from=build /app/package.json /app/LICENSE ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
# The pool of threads must be known before the process starts: the engine runs queries on it, and the log writes on it.
ENV NODE_ENV=production UV_THREADPOOL_SIZE=16 WATCHKEEPER_DATA_DIR=/var/lib/watchkeeper
USER 10001:10001
# Ready, not only alive: a service that waits for Kafka or ClickHouse is shown as such.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "--eval", "fetch('http://127.0.0.1:8080/readyz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Events live for a second or so: with the default of 16 MiB most of them would be copied before they die.
ENTRYPOINT ["node", "--min-semi-space-size=64", "--max-semi-space-size=64", "/app/dist/services/cli.js"]
CMD ["--help"]
