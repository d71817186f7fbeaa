import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Deps } from '../deps.ts'
import { refuseOtherThanGet, SAFE_HEADERS, sendJson } from '../http/json.ts'
import { readLanguage } from '../http/language.ts'
import { sendPageFile } from '../http/page-files.ts'
import { limitTexts, requestTexts } from '../http/texts.ts'
import { isBusy } from '../infra/pool.ts'
import { findOperatorSession, type SignedIn } from '../operator/session.ts'
import type { Language } from '../texts.ts'
import { readExportPath, sendExport } from './bill-export.ts'
import { createSessionCookie, type SessionCookie } from './cookie.ts'
import { createDoors } from './doors.ts'
import { openGraphql, type Signed } from './graphql.ts'
import { createJobsDashboard } from './jobs-dashboard.ts'
import { answerSignOut, createSignIn } from './sign-in.ts'
import { consoleTexts } from './texts.ts'

export interface Console {
  /** Answers any request to the console. @param path from its own root. */
  handle(request: IncomingMessage, response: ServerResponse, path: string): void
  /** Ends every stream. */
  close(): Promise<void>
}

interface ConsoleInput {
  /** By which operators reach it, without a slash at its end. */
  url: string
  /** What stands before its own paths where requests come from: nothing, or `/console`. */
  mountedAt: string
}

interface Asked {
  request: IncomingMessage
  response: ServerResponse
  path: string
  language: Language
}

const FILE = /^\/(?:([a-z-]+\.(?:css|js|svg)))?$/
const JOBS = /^\/jobs(?:\/|\.data$|$)/

/** The operators' console: its page, its GraphQL, bills as files, the queue's dashboard, and who may use them. */
export function createConsole(deps: Deps, input: ConsoleInput): Console {
  const doors = createDoors(input.url)
  const cookie = createSessionCookie(input.url)
  const anybody = { cookie, signIn: createSignIn(deps, cookie) }
  const routes = createRoutes(deps, input.mountedAt)
  const answer = async (asked: Asked) => {
    const { request, response, path } = asked
    if (!FILE.test(path) && !doors.isOwn(request))
      return sendJson(response, 403, { message: 'For the console’s own pages alone' })
    if (await answerAnybody(deps, anybody, asked)) return
    const token = cookie.read(request)
    const find = async () => (token === undefined ? null : findOperatorSession(deps.db, token))
    const operator = await find()
    if (!operator) return sendUnauthenticated(asked)
    if (isForAnother(request, operator)) return sendOtherOperator(asked)
    await routes.answer(asked, { operator, session: token ?? '', isStillSignedIn: async () => (await find()) !== null })
  }
  return {
    handle: (request, response, path) => {
      response.setHeaders(SAFE_HEADERS)
      const refused = doors.refuse(request)
      if (refused) return sendJson(response, refused, { message: 'The console answers under its own name alone' })
      const language = readLanguage(request.headers['accept-language'])
      answer({ request, response, path, language }).catch((error: unknown) => {
        if (isBusy(error) && !response.headersSent) return sendBusy(deps, response, language)
        deps.log.error({ err: error, path }, 'request to the console could not be answered')
        if (response.headersSent) response.destroy()
        else sendJson(response, 500, { message: requestTexts.unexpected[language] })
      })
    },
    close: routes.close,
  }
}

/** What doesn't need a session. @returns whether the path was that. */
async function answerAnybody(
  deps: Deps,
  { cookie, signIn }: { cookie: SessionCookie; signIn: ReturnType<typeof createSignIn> },
  { request, response, path }: Asked,
): Promise<boolean> {
  const file = FILE.exec(path)
  if (file) {
    if (refuseOtherThanGet(request, response)) return true
    await sendPageFile(deps.log, response, { page: 'console', name: file[1] ?? 'index.html' })
  } else if (path === '/sign-in') {
    if (isJsonPost(request, response)) await signIn(request, response)
  } else if (path === '/sign-out') {
    if (isJsonPost(request, response)) await answerSignOut(deps, cookie, request, response)
  } else return false
  return true
}

/** What needs one. */
function createRoutes(deps: Deps, mountedAt: string) {
  const graphql = openGraphql(deps, { path: `${mountedAt}/graphql` })
  const dashboard = createJobsDashboard(deps.config, { path: `${mountedAt}/jobs` })
  return {
    answer: async ({ request, response, path, language }: Asked, signed: Signed): Promise<void> => {
      const exported = readExportPath(path)
      if (exported) {
        if (!refuseOtherThanGet(request, response)) await sendExport(deps, response, { ...exported, language })
      } else if (JOBS.test(path)) await dashboard.answer(request, response, language)
      else if (path !== '/graphql') sendJson(response, 404, { message: 'Nothing is here' })
      else if (isJsonPost(request, response)) await graphql.answer(request, response, { ...signed, language })
    },
    close: async () => {
      await Promise.all([graphql.close(), dashboard.close()])
    },
  }
}

/** Whether it is what no form of another page can send. Any other request is answered. */
function isJsonPost(request: IncomingMessage, response: ServerResponse): boolean {
  if (request.method !== 'POST') {
    response.setHeader('allow', 'POST')
    sendJson(response, 405, { message: 'Use POST' })
    return false
  }
  if (request.headers['content-type']?.split(';')[0]?.trim().toLowerCase() === 'application/json') return true
  sendJson(response, 415, { message: 'Send JSON' })
  return false
}

/** No connection to the database was free: nothing has been done. */
function sendBusy({ metrics }: Pick<Deps, 'metrics'>, response: ServerResponse, language: Language): void {
  metrics.limitRefusals.inc({ limit: 'connectionsToDatabase' })
  response.setHeader('retry-after', 1)
  const extensions = { code: 'RATE_LIMITED', retryAfterSeconds: 1 }
  sendJson(response, 503, { errors: [{ message: limitTexts.busy(1)[language], extensions }] })
}

/** Whether it comes from a page that was somebody else's: its browser has one cookie, which another tab has changed. */
function isForAnother({ headers }: IncomingMessage, { id }: SignedIn): boolean {
  const meant = headers['x-operator']
  return meant !== undefined && meant !== id
}

function sendOtherOperator({ response, language }: Asked): void {
  const message = consoleTexts.otherOperator[language]
  sendJson(response, 409, { errors: [{ message, extensions: { code: 'OTHER_OPERATOR' } }] })
}

/** As GraphQL says it, for whatever was asked for. */
function sendUnauthenticated({ response, language }: Asked): void {
  const message = consoleTexts.signIn[language]
  sendJson(response, 401, { errors: [{ message, extensions: { code: 'UNAUTHENTICATED' } }] })
}
