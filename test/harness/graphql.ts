import { test as baseTest } from 'vitest'
import type { Deps } from '../../src/deps.ts'
import type { GraphqlServerOptions } from '../../src/http/graphql/server.ts'
import { startSession } from '../../src/user/session.ts'
import { test as appTest, openTestApp, type TestApp } from './app.ts'
import {
  connectGraphql,
  type GraphqlClient,
  type RunningGraphql,
  serveGraphql,
  signInClient,
} from './graphql-client.ts'

export interface TestGraphql extends RunningGraphql {
  anonymous: GraphqlClient
  /** A client of the user whose openid this is, signed in with a code. */
  signIn(openid: string): Promise<GraphqlClient & { accessToken: string }>
  /** A client with a session of this user. */
  as(user: { id: string }): Promise<GraphqlClient & { accessToken: string }>
}

export async function openTestGraphql(deps: Deps, options?: GraphqlServerOptions): Promise<TestGraphql> {
  const running = await serveGraphql(deps, undefined, options)
  return {
    ...running,
    anonymous: connectGraphql(running.url),
    signIn: (openid) => signInClient(running.url, openid),
    as: async ({ id: userId }) => {
      const { accessToken } = await startSession(deps, { userId })
      return { ...connectGraphql(running.url, accessToken), accessToken }
    },
  }
}

function testWith(open: (deps: Deps) => Promise<TestGraphql>) {
  return appTest.extend<{ graphql: TestGraphql }>({
    graphql: async ({ app }: { app: TestApp }, use: (graphql: TestGraphql) => Promise<void>) => {
      const graphql = await open(app.deps)
      await use(graphql)
      await graphql.close()
    },
  })
}

function sharedTestWith(open: (deps: Deps) => Promise<TestGraphql>) {
  return baseTest.extend<{ app: TestApp; graphql: TestGraphql }>({
    app: [
      // oxlint-disable-next-line no-empty-pattern -- Vitest reads from the pattern what a fixture needs
      async ({}, use) => {
        const app = await openTestApp()
        await use(app)
        await app.close()
      },
      { scope: 'file' },
    ],
    graphql: [
      async ({ app }, use) => {
        const graphql = await open(app.deps)
        await use(graphql)
        await graphql.close()
      },
      { scope: 'file' },
    ],
  })
}

/** A test with the whole app and its GraphQL server. */
export const test = testWith(openTestGraphql)

/** Like `test`, with one app for the whole file: for tests that change nothing. */
export const sharedTest = sharedTestWith(openTestGraphql)

const openStock = (deps: Deps) => openTestGraphql(deps, { isStock: true })

/** How a request by POST is served: by the direct way wherever it takes it, or by Yoga whatever it is. */
export const WAYS = [
  { way: 'the direct way', openTestGraphql, test, sharedTest },
  { way: 'Yoga’s way', openTestGraphql: openStock, test: testWith(openStock), sharedTest: sharedTestWith(openStock) },
]

/** The same deps, recording every read of the database when it begins, and whether all of them have ended. */
export function countingReads(deps: Deps): { deps: Deps; reads: string[]; haveEnded: () => boolean } {
  const reads: string[] = []
  let ended = 0
  const db = deps.db.$extends({
    query: {
      async $allOperations({ model, operation, args, query }) {
        reads.push(model === undefined ? operation : `${model}.${operation}`)
        try {
          return (await query(args)) as unknown
        } finally {
          ended += 1
        }
      },
    },
  })
  return { deps: { ...deps, db: db as unknown as Deps['db'] }, reads, haveEnded: () => ended === reads.length }
}
