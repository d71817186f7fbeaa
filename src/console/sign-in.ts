import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import { type DomainError, RateLimitedError } from '../errors.ts'
import { readBody } from '../http/body.ts'
import { sendJson } from '../http/json.ts'
import { readLanguage } from '../http/language.ts'
import { clientAddress } from '../http/limits/client-address.ts'
import { createTries } from '../http/limits/tries.ts'
import { LinkOverError } from '../operator/errors.ts'
import { signIn, signOut } from '../operator/session.ts'
import type { SessionCookie } from './cookie.ts'

const MAX_BYTES = 1024
/** Of an address, behind which all operators may be. Nobody guesses a link; this keeps whoever tries off the database. */
const TRIES_PER_MINUTE = 60
const SignIn = z.strictObject({ token: z.string().max(200) })

/**
 * Makes what answers `POST /sign-in` with `{ token }`, what stands in a link: consumes it and sets the cookie. By a POST, for
 * whatever looks at a link before its reader does (a chat's preview, a mail's scanner) only gets it.
 */
export function createSignIn(
  { db, log, config, metrics }: Pick<Deps, 'db' | 'log' | 'config' | 'metrics'>,
  cookie: SessionCookie,
) {
  const tries = createTries(Math.max(1, Math.floor(TRIES_PER_MINUTE * config.rateLimitFactor)))
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const waitSeconds = await tries.count(clientAddress(request, config.trustedProxies))
    if (waitSeconds > 0) {
      metrics.limitRefusals.inc({ limit: 'signInsPerAddressMinute' })
      response.setHeader('retry-after', waitSeconds)
      return refuse(request, response, 429, new RateLimitedError(waitSeconds))
    }
    const input = await readSignIn(request)
    if (!input) return sendJson(response, 400, { message: 'Send { token }' })
    try {
      const { token, ...signedIn } = await signIn(db, input.token)
      log.info({ operator: signedIn.name }, 'operator signed in')
      response.setHeader('set-cookie', cookie.set(token))
      sendJson(response, 200, signedIn)
    } catch (error) {
      if (!(error instanceof LinkOverError)) throw error
      log.warn('sign-in refused, its link is used, expired or none')
      refuse(request, response, 403, error)
    }
  }
}

function refuse(request: IncomingMessage, response: ServerResponse, status: number, error: DomainError): void {
  const language = readLanguage(request.headers['accept-language'])
  sendJson(response, status, { code: error.code, message: error.text[language] })
}

/** `POST /sign-out`: ends the session, if there is one. */
export async function answerSignOut(
  { db }: Pick<Deps, 'db'>,
  cookie: SessionCookie,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const token = cookie.read(request)
  if (token !== undefined) await signOut(db, token)
  response.setHeader('set-cookie', cookie.clear())
  sendJson(response, 200, {})
}

async function readSignIn(request: IncomingMessage): Promise<z.infer<typeof SignIn> | undefined> {
  try {
    return SignIn.safeParse(JSON.parse((await readBody(request, MAX_BYTES)).toString())).data
  } catch {
    return undefined
  }
}
