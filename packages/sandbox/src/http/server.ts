import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { billRoutes } from '../bill/routes.ts'
import { controlRoutes } from '../control/routes.ts'
import { authenticate } from '../keys/authenticate.ts'
import { keyRoutes } from '../keys/routes.ts'
import { type SignatureKind, signatureHeaders } from '../keys/signature-headers.ts'
import { keyForAnswer } from '../keys/signing-key.ts'
import { MiniProgramRefusal } from '../mini-program/refusal.ts'
import { miniProgramRoutes } from '../mini-program/routes.ts'
import { payRoutes } from '../pay/routes.ts'
import { phoneRoutes } from '../phone/routes.ts'
import { refundRoutes } from '../refund/routes.ts'
import type { World } from '../world.ts'
import { controlApi, miniProgramApi, payApi } from './apis.ts'
import { type Api, type Outcome, serveUnder } from './outcome.ts'
import { PayError } from './pay-error.ts'
import { decode, readCall } from './read-call.ts'
import { newRequestId } from './request-id.ts'
import type { Call, Route } from './route.ts'

const routes: Route[] = [
  ...payRoutes,
  ...refundRoutes,
  ...billRoutes,
  ...keyRoutes,
  ...miniProgramRoutes,
  ...phoneRoutes,
  ...controlRoutes,
]

/** Serves WeChat on node:http. Calls that come while `opening` is pending wait for it. */
export function createSandboxServer(opening: Promise<World>): Server {
  return createServer((request, response) => {
    serve(request, response, opening).catch((error: unknown) => {
      void opening.then(({ log, closing }) => {
        if (!closing.aborted && !request.destroyed) log.error({ error, url: request.url }, 'sandbox call failed')
      })
      if (!response.headersSent) response.writeHead(500)
      response.end()
    })
  })
}

async function serve(request: IncomingMessage, response: ServerResponse, opening: Promise<World>): Promise<void> {
  const world = await opening
  let call: Call
  try {
    call = await readCall(request)
  } catch (error) {
    await send(world, { request, response }, refused(payApi, error))
    return
  }
  const api = apiOf(call)
  if (api === controlApi) allowBrowsers(response)
  if (api === controlApi && call.method === 'OPTIONS') {
    response.writeHead(204).end()
    return
  }
  await send(world, { request, response }, await handle(world, call, api))
}

function apiOf({ path }: Call): Api {
  if (path.startsWith('/sandbox/')) return controlApi
  return path.startsWith('/v3/') ? payApi : miniProgramApi
}

async function handle(world: World, call: Call, api: Api): Promise<Outcome> {
  const wait = (delayMs: number) => world.timers.wait(delayMs)
  try {
    if (api === payApi) authenticate(world, call)
  } catch (error) {
    return refused(api, error)
  }
  const found = findRoute(call)
  const endpoint = found?.route.endpoint
  const fault = endpoint && world.faults.take(endpoint, `${decode(call.target)} ${call.body}`)
  return serveUnder({ api, fault, wait }, () => {
    if (!found) throw notFound(api, call)
    if (fault?.kind === 'error' && fault.code) throw new PayError(fault.code)
    if (fault?.kind === 'errcode' && fault.errcode !== undefined) throw new MiniProgramRefusal(fault.errcode)
    return found.route.handle(world, call, found.parts, fault)
  })
}

/** WeChat Pay doesn't sign what it answers to a call that it couldn't authenticate. */
function refused(api: Api, error: unknown): Outcome {
  return { kind: 'answer', answer: api.refuse(error), contentType: api.contentType, signature: 'none' }
}

function findRoute(call: Call): { route: Route; parts: string[] } | undefined {
  for (const route of routes) {
    const match = route.method === call.method ? route.path.exec(call.path) : null
    if (match) return { route, parts: match.slice(1).map(decode) }
  }
  return undefined
}

function notFound(api: Api, call: Call): Error {
  if (api === miniProgramApi) return new MiniProgramRefusal(40066, 'invalid url')
  return new PayError('RESOURCE_NOT_EXISTS', `${call.method} ${call.path} is not part of the sandbox`)
}

async function send(
  world: World,
  { request, response }: { request: IncomingMessage; response: ServerResponse },
  outcome: Outcome,
): Promise<void> {
  if (outcome.kind === 'silence') return
  if (outcome.kind === 'reset') {
    response.socket?.resetAndDestroy()
    return
  }
  const { status, json, bytes, contentType = outcome.contentType } = outcome.answer
  const text = json === undefined ? '' : JSON.stringify(json)
  const body = bytes ?? Buffer.from(text)
  const signature = bytes ? {} : await sign(world, request, { text, kind: outcome.signature })
  response.writeHead(status, {
    ...(body.length === 0 ? {} : { 'Content-Type': contentType, 'Content-Length': body.length }),
    Date: new Date(world.now()).toUTCString(),
    'Request-ID': newRequestId(),
    'Cache-Control': 'no-store',
    ...signature,
  })
  response.end(body)
}

async function sign(
  world: World,
  { headers }: IncomingMessage,
  { text, kind }: { text: string; kind: SignatureKind },
): Promise<Record<string, string>> {
  if (kind === 'none') return {}
  const { settings, signing } = world
  const isProbe = kind === 'right' && signing.answerProbes(settings.answerProbePercent)
  const key = await keyForAnswer(world, [headers['wechatpay-serial']].flat()[0])
  return signatureHeaders(world, text, { kind: isProbe ? 'signtest' : kind, key })
}

function allowBrowsers(response: ServerResponse): void {
  response.setHeader('Access-Control-Allow-Origin', '*')
  response.setHeader('Access-Control-Allow-Methods', 'GET, POST, DELETE, OPTIONS')
  response.setHeader('Access-Control-Allow-Headers', 'content-type')
  response.setHeader('Access-Control-Max-Age', '600')
}
