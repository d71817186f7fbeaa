# One image for the API, the worker, the console and the commands, each by its name (deploy/container/entrypoint.sh).
# A WeChat to try things with is an image of its own: packages/sandbox/Dockerfile.
#
# What it copies and runs is copied and run, in an empty folder and without Docker, by test/flows/production-tree.test.ts.

# What only building needs stays in here.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY client/package.json client/
COPY examples/mini-program/package.json examples/mini-program/
COPY packages/sandbox/src/package.json packages/sandbox/src/
# Packages' own scripts fetch what building doesn't need: another Node, engines for migrations, a PostgreSQL.
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts
COPY . .
RUN npm run generate && npm run build

FROM node:24-bookworm-slim AS modules
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY deploy/add-optional.sh deploy/prune.sh deploy/
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev
# What only some deployments need: "@platformatic/kafka @pg-boss/dashboard @opentelemetry", or some of them.
ARG OPTIONAL_PACKAGES=""
RUN --mount=type=cache,target=/root/.npm [ -z "$OPTIONAL_PACKAGES" ] || deploy/add-optional.sh $OPTIONAL_PACKAGES
RUN deploy/prune.sh

# All of it belongs to root: the program can't change itself, and writes nothing but temporary files in /tmp.
FROM node:24-bookworm-slim AS production
ENV NODE_ENV=production HOST=0.0.0.0
WORKDIR /app
COPY --from=modules /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json deploy/container/entrypoint.sh deploy/container/healthy.mjs ./
# By its number: a platform that wants no root can tell. It is the image's user `node`.
USER 1000:1000
EXPOSE 4000 4001 4002 9464
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["node", "/app/healthy.mjs"]
ENTRYPOINT ["/app/entrypoint.sh"]
CMD ["api"]
