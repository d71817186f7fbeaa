import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { billRoutes } from '../bill/routes.ts'
import { complaintRoutes } from '../complaint/routes.ts'
import { describeRequest, explainRefusal } from '../control/describe-request.ts'
import type { Fault } from '../control/fault.ts'
import { listRoutes } from '../control/list.ts'
import { controlRoutes } from '../control/routes.ts'
import { authenticate } from '../keys/authenticate.ts'
import { keyRoutes } from '../keys/routes.ts'
import { type SignatureKind, signatureHeaders } from '../keys/signature-headers.ts'
import { keyForAnswer } from '../keys/signing-key.ts'
import { MiniProgramRefusal } from '../mini-program/refusal.ts'
import { miniProgramRoutes } from '../mini-program/routes.ts'
import { servePage } from '../page/serve.ts'
import { payRoutes } from '../pay/routes.ts'
import { phoneRoutes } from '../phone/routes.ts'
import { refundRoutes } from '../refund/routes.ts'
import type { World } from '../world.ts'
import { controlApi, miniProgramApi, payApi } from './apis.ts'
import { admitBrowser } from './browsers.ts'
import { type Api, type Outcome, serveUnder } from './outcome.ts'
import { PayError } from './pay-error.ts'
import { readCall } from './read-call.ts'
import { newRequestId } from './request-id.ts'
import { type Call, createFinder, decode, type Route } from './route.ts'

const routes: Route[] = [
  ...payRoutes,
  ...refundRoutes,
  ...billRoutes,
  ...keyRoutes,
  ...complaintRoutes,
  ...miniProgramRoutes,
  ...phoneRoutes,
  ...controlRoutes,
  { method: 'GET', path: '/', does: 'lists all of this', handle: () => ({ status: 200, json: listRoutes(routes) }) },
]
const findRoute = createFinder(routes)

/** Serves WeChat on node:http. Calls that come while `opening` is pending wait for it. */
export function createSandboxServer(opening: Promise<World>): Server {
  return createServer((request, response) => {
    serve(request, response, opening).catch((error: unknown) => {
      // A request counts as destroyed once it was read.
      const hasLeft = response.destroyed
      void opening.then(({ log, closing }) => {
        if (!closing.aborted && !hasLeft) log.error({ error, url: request.url }, 'sandbox call failed')
      })
      if (!response.headersSent) response.writeHead(500)
      response.end()
    })
  })
}

async function serve(request: IncomingMessage, response: ServerResponse, opening: Promise<World>): Promise<void> {
  const world = await opening
  const requestId = newRequestId()
  let call: Call
  try {
    call = await readCall(request)
  } catch (error) {
    const { method = 'GET', url: target = '/', headers } = request
    const outcome = refused(payApi, error)
    record(world, { method, target, path: '', headers, body: '' }, { requestId, outcome })
    await send(world, { request, response, requestId }, outcome)
    return
  }
  if (await servePage(request, response)) return
  const api = apiOf(call)
  const { outcome, route, fault } =
    api === controlApi ? await control(world, { request, response }, call) : await handle(world, call, api)
  record(world, call, { requestId, outcome, route, fault })
  await send(world, { request, response, requestId }, outcome)
}

/** What the sandbox does when it's told to, by whoever may: not by any page that a browser shows. */
async function control(world: World, { request, response }: Exchange, call: Call): Promise<Handled> {
  response.setHeader('Vary', 'Accept, Origin')
  response.setHeader('X-Content-Type-Options', 'nosniff')
  try {
    admitBrowser(world, request, response)
  } catch (error) {
    return { outcome: refused(controlApi, error) }
  }
  if (call.method === 'OPTIONS') {
    return { outcome: { kind: 'answer', answer: { status: 204 }, contentType: '', signature: 'none' } }
  }
  return handle(world, call, controlApi)
}

function apiOf({ path }: Call): Api {
  if (path === '/' || path.startsWith('/sandbox/')) return controlApi
  return path.startsWith('/v3/') ? payApi : miniProgramApi
}

interface Exchange {
  request: IncomingMessage
  response: ServerResponse
}

/** What became of a call. */
interface Handled {
  outcome: Outcome
  route?: Route | undefined
  fault?: Fault | undefined
}

async function handle(world: World, call: Call, api: Api): Promise<Handled> {
  const wait = (delayMs: number) => world.timers.wait(delayMs)
  const found = findRoute(call)
  try {
    if (api === payApi) authenticate(world, call)
  } catch (error) {
    return { outcome: refused(api, error), route: found?.route }
  }
  const endpoint = found?.route.endpoint
  const fault = endpoint && world.faults.take(endpoint, `${decode(call.target)} ${call.body}`)
  const outcome = await serveUnder({ api, fault, wait }, () => {
    if (!found) throw notFound(api, call)
    if (fault?.kind === 'error' && fault.code) throw new PayError(fault.code)
    if (fault?.kind === 'errcode' && fault.errcode !== undefined) throw new MiniProgramRefusal(fault.errcode)
    return found.route.handle(world, call, found.parts, fault)
  })
  return { outcome, route: found?.route, fault }
}

/** WeChat Pay doesn't sign what it answers to a call that it couldn't authenticate. */
function refused(api: Api, error: unknown): Outcome {
  return {
    kind: 'answer',
    answer: api.refuse(error),
    refusal: error,
    contentType: api.contentType,
    signature: 'none',
  }
}

function notFound(api: Api, call: Call): Error {
  if (api === miniProgramApi) return new MiniProgramRefusal(40066, 'invalid url')
  return new PayError('RESOURCE_NOT_EXISTS', `${call.method} ${call.path} is not part of the sandbox`)
}

/** Keeps what was sent and why it was refused; who looks at the sandbox itself isn't kept. */
function record(
  world: World,
  call: Pick<Call, 'method' | 'target' | 'path' | 'headers' | 'body'>,
  { requestId, outcome, route, fault }: Handled & { requestId: string },
): void {
  const isLooking = call.method === 'GET' || call.method === 'OPTIONS'
  if (isLooking && (call.path === '/' || call.path.startsWith('/sandbox/'))) return
  const { appSecret, apiV3Key } = world.credentials
  const refusal = outcome.kind === 'answer' ? explainRefusal(outcome.refusal, route) : undefined
  world.requests.add({
    requestId,
    at: new Date(world.wallNow()).toISOString(),
    ...describeRequest(call, [appSecret, apiV3Key]),
    ...(route?.endpoint ? { endpoint: route.endpoint } : {}),
    ...(outcome.kind === 'answer' ? { status: outcome.answer.status } : {}),
    ...(fault ? { fault: fault.kind } : {}),
    ...(refusal ? { refusal } : {}),
  })
}

async function send(
  world: World,
  { request, response, requestId }: Exchange & { requestId: string },
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
    Date: new Date(world.wallNow()).toUTCString(),
    'Request-ID': requestId,
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
