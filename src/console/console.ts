import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Deps } from '../deps.ts'
import { refuseOtherThanGet, SAFE_HEADERS, sendJson } from '../http/json.ts'
import { readLanguage } from '../http/language.ts'
import { sendPageFile } from '../http/page-files.ts'
import { findOperatorSession, type SignedIn } from '../operator/session.ts'
import { createSessionCookie } from './cookie.ts'
import { createDoors } from './doors.ts'
import { openGraphql } from './graphql.ts'
import { answerSignIn, answerSignOut } from './sign-in.ts'
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

/** What a request may have beside its answer. */
interface Signed {
  signedIn: SignedIn
  /** Reads it again, for whoever stays. */
  isStillSignedIn: () => Promise<boolean>
}

type Route = (request: IncomingMessage, response: ServerResponse, signed: Signed) => Promise<void>

const FILE = /^\/(?:([a-z-]+\.(?:css|js|svg)))?$/

/** The operators' console: its page, its GraphQL, and who may use them. */
export function createConsole(deps: Deps, { url, mountedAt }: ConsoleInput): Console {
  const doors = createDoors(url)
  const cookie = createSessionCookie(url)
  const graphql = openGraphql(deps, { path: `${mountedAt}/graphql` })
  const open: Record<string, (request: IncomingMessage, response: ServerResponse) => Promise<void>> = {
    '/sign-in': (request, response) => answerSignIn(deps, cookie, request, response),
    '/sign-out': (request, response) => answerSignOut(deps, cookie, request, response),
  }
  const closed: Route = (request, response, signed) => graphql.answer(request, response, signed)

  const answer = async (request: IncomingMessage, response: ServerResponse, path: string) => {
    const file = FILE.exec(path)
    if (file) {
      if (refuseOtherThanGet(request, response)) return
      return sendPageFile(response, { page: 'console', name: file[1] ?? 'index.html' })
    }
    if (!doors.isOwn(request)) return sendJson(response, 403, { message: 'For the console’s own pages alone' })
    const route = open[path]
    if (!route && path !== '/graphql') return sendJson(response, 404, { message: 'Nothing is here' })
    if (!isJsonPost(request, response)) return
    if (route) return route(request, response)
    const token = cookie.read(request)
    const find = async () => (token === undefined ? null : findOperatorSession(deps.db, token))
    const signedIn = await find()
    if (!signedIn) return sendUnauthenticated(request, response)
    await closed(request, response, { signedIn, isStillSignedIn: async () => (await find()) !== null })
  }
  return {
    handle: (request, response, path) => {
      response.setHeaders(SAFE_HEADERS)
      const refused = doors.refuse(request)
      if (refused) return sendJson(response, refused, { message: 'The console answers under its own name alone' })
      answer(request, response, path).catch((error: unknown) => {
        deps.log.error({ err: error, path }, 'request to the console could not be answered')
        if (response.headersSent) response.destroy()
        else sendJson(response, 500, { message: 'Unexpected error.' })
      })
    },
    close: graphql.close,
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

/** As GraphQL says it, for whatever was asked for. */
function sendUnauthenticated(request: IncomingMessage, response: ServerResponse): void {
  const message = consoleTexts.signIn[readLanguage(request.headers['accept-language'])]
  sendJson(response, 401, { errors: [{ message, extensions: { code: 'UNAUTHENTICATED' } }] })
}
