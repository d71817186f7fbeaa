import type { IncomingMessage, ServerResponse } from 'node:http'
import { createYoga } from 'graphql-yoga'
import type { Deps } from '../deps.ts'
import { useConnectionHeaders } from '../http/graphql/connection-headers.ts'
import { createDocuments } from '../http/graphql/documents.ts'
import { explainTooLarge, useHttpRules } from '../http/graphql/http-rules.ts'
import { useLanguage } from '../http/graphql/in-language.ts'
import { maskError } from '../http/graphql/mask-errors.ts'
import type { SignedIn } from '../operator/session.ts'
import type { Language } from '../texts.ts'
import { createBoardFeed } from './board/feed.ts'
import { createExaminations } from './examinations.ts'
import { useOperationRules } from './operation-rules.ts'
import type { ConsoleContext } from './schema/context.ts'
import { consoleSchema } from './schema/schema.ts'
import { createSessionLimits } from './session-limits.ts'

/** Who is signed in. */
export interface Signed {
  operator: SignedIn
  /** What tells their session apart; a secret. */
  session: string
  /** Reads it again, for whoever stays. */
  isStillSignedIn: () => Promise<boolean>
}

/** What the server knows of a request before it runs. */
interface RequestContext extends Signed {
  language: Language
}

interface ServerContext extends RequestContext {
  res: ServerResponse
}

export interface ConsoleGraphql {
  answer(request: IncomingMessage, response: ServerResponse, context: RequestContext): Promise<void>
  close(): Promise<void>
}

/** GraphQL for who is signed in, subscriptions as server-sent events. */
export function openGraphql(deps: Deps, { path }: { path: string }): ConsoleGraphql {
  const board = createBoardFeed(deps)
  const examinations = createExaminations(deps)
  const limits = createSessionLimits(deps)
  const createContext = ({ res, language, operator, session, isStillSignedIn }: ServerContext): ConsoleContext => {
    return {
      deps,
      requestId: String(res.getHeader('x-request-id')),
      language,
      operator,
      isStillSignedIn,
      acquireOperation: () => limits.acquireOperation(session),
      acquireStream: () => limits.acquireStream(session),
      whenGone: (end) => void (res.closed ? end() : res.once('close', end)),
      board,
      examinations,
    }
  }
  const yoga = createYoga<ServerContext, ConsoleContext>({
    schema: consoleSchema,
    graphqlEndpoint: path,
    context: createContext,
    plugins: [
      useHttpRules(deps),
      createDocuments(deps).plugin,
      useOperationRules(deps),
      useLanguage(),
      useConnectionHeaders(),
    ],
    maskedErrors: { maskError: (error) => maskError(deps.log, explainTooLarge(deps, error)) },
    logging: false,
    graphiql: false,
    landingPage: false,
    cors: false,
    multipart: false,
    batching: false,
    maxRequestBodySize: deps.config.limits.bodyBytes,
    parserAndValidationCache: false,
  })
  return {
    answer: async (request, response, context) => {
      await yoga(request, response, { ...context, res: response })
    },
    close: async () => {
      board.close()
      examinations.close()
      await yoga.dispose()
    },
  }
}
