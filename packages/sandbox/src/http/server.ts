import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { billRoutes } from '../bill/routes.ts'
import { controlRoutes } from '../control/routes.ts'
import { authenticate } from '../keys/authenticate.ts'
import { echoRoutes } from '../keys/echo.ts'
import { certificateRoutes } from '../keys/routes.ts'
import { type SignatureKind, signatureHeaders } from '../keys/signature-headers.ts'
import { keyForAnswer } from '../keys/signing-key.ts'
import { MiniProgramRefusal } from '../mini-program/refusal.ts'
import { miniProgramRoutes } from '../mini-program/routes.ts'
import { payRoutes } from '../pay/prepay.ts'
import { phoneRoutes } from '../phone/pay.ts'
import { refundRoutes } from '../refund/request.ts'
import type { World } from '../world.ts'
import { miniProgramFace, payFace, sandboxFace } from './apis.ts'
import { type Face, type Outcome, undergo } from './outcome.ts'
import { PayError } from './pay-error.ts'
import { newRequestId } from './request-id.ts'
import type { Call, Route } from './route.ts'

const BODY_LIMIT_BYTES = 1 << 20

const routes: Route[] = [
  ...payRoutes,
  ...refundRoutes,
  ...billRoutes,
  ...certificateRoutes,
  ...echoRoutes,
  ...miniProgramRoutes,
  ...phoneRoutes,
  ...controlRoutes,
]

/** Serves WeChat on node:http. `world` may still be on its way when the first call comes. */
export function createSandboxServer(world: Promise<World>): Server {
  return createServer((request, response) => {
    serve(request, response, world).catch((error: unknown) => {
      void world.then(({ log, closing }) => {
        if (!closing.aborted && !request.destroyed) log.error({ error, url: request.url }, 'The sandbox failed')
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
    await show(world, { request, response }, refused(payFace, error))
    return
  }
  const isControl = call.path.startsWith('/sandbox/')
  if (isControl) allowBrowsers(response)
  if (isControl && call.method === 'OPTIONS') {
    response.writeHead(204).end()
    return
  }
  const face = isControl ? sandboxFace : call.path.startsWith('/v3/') ? payFace : miniProgramFace
  await show(world, { request, response }, await answer(world, call, face))
}

async function answer(world: World, call: Call, face: Face): Promise<Outcome> {
  const wait = (delayMs: number) => world.timers.wait(delayMs)
  try {
    if (face === payFace) authenticate(world, call)
  } catch (error) {
    return refused(face, error)
  }
  const found = findRoute(call)
  const endpoint = found?.route.endpoint
  const fault = endpoint && world.faults.take(endpoint, `${decode(call.target)} ${call.body}`)
  return undergo({ face, fault, wait }, () => {
    if (!found) throw notFound(face, call)
    if (fault?.kind === 'error' && fault.code) throw new PayError(fault.code)
    if (fault?.kind === 'errcode' && fault.errcode !== undefined) throw new MiniProgramRefusal(fault.errcode)
    return found.route.handle(world, call, found.parts, fault)
  })
}

function refused(face: Face, error: unknown): Outcome {
  return { kind: 'answer', answer: face.refuse(error), contentType: face.contentType, signature: 'none' }
}

function findRoute(call: Call): { route: Route; parts: string[] } | undefined {
  for (const route of routes) {
    const match = route.method === call.method ? route.path.exec(call.path) : null
    if (match) return { route, parts: match.slice(1).map(decode) }
  }
  return undefined
}

function notFound(face: Face, call: Call): Error {
  if (face === miniProgramFace) return new MiniProgramRefusal(40066, 'invalid url')
  return new PayError('RESOURCE_NOT_EXISTS', `${call.method} ${call.path} is not part of the sandbox`)
}

/** Text that is no percent-encoding stays as it is: no number looks like it. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

async function show(
  world: World,
  { request, response }: { request: IncomingMessage; response: ServerResponse },
  outcome: Outcome,
): Promise<void> {
  if (outcome.kind === 'silence') return
  if (outcome.kind === 'reset') {
    response.socket?.resetAndDestroy()
    return
  }
  const { status, json, bytes } = outcome.answer
  const text = json === undefined ? '' : JSON.stringify(json)
  const body = bytes ?? Buffer.from(text)
  const signature = bytes ? {} : await signed(world, request, { text, kind: outcome.signature })
  const contentType = bytes ? 'application/octet-stream' : outcome.contentType
  response.writeHead(status, {
    ...(body.length === 0 ? {} : { 'Content-Type': contentType, 'Content-Length': body.length }),
    'Request-ID': newRequestId(),
    'Cache-Control': 'no-store',
    ...signature,
  })
  response.end(body)
}

async function signed(
  world: World,
  { headers }: IncomingMessage,
  { text, kind }: { text: string; kind: SignatureKind },
): Promise<Record<string, string>> {
  if (kind === 'none') return {}
  const { settings, signing } = world
  const isProbe = kind === 'right' && signing.answerProbes(settings.answerProbePercent)
  const asked = [headers['wechatpay-serial']].flat()[0]
  const key = await keyForAnswer(world, asked)
  return signatureHeaders(world, text, { kind: isProbe ? 'signtest' : kind, key })
}

function allowBrowsers(response: ServerResponse): void {
  response.setHeader('Access-Control-Allow-Origin', '*')
  response.setHeader('Access-Control-Allow-Methods', 'GET, POST, DELETE, OPTIONS')
  response.setHeader('Access-Control-Allow-Headers', 'content-type')
  response.setHeader('Access-Control-Max-Age', '600')
}

async function readCall(request: IncomingMessage): Promise<Call> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > BODY_LIMIT_BYTES) throw new PayError('PARAM_ERROR', '请求体超过1MiB')
    chunks.push(chunk)
  }
  const target = request.url ?? '/'
  // Not resolved as a URL: `..` and `//` are what they are.
  const [path = '', query = ''] = target.split('?', 2)
  return {
    method: request.method ?? 'GET',
    target,
    path,
    query: new URLSearchParams(query),
    headers: request.headers,
    body: decodeBody(Buffer.concat(chunks)),
  }
}

function decodeBody(body: Buffer): string {
  try {
    // A byte-order mark is part of what was signed.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
  } catch {
    throw new PayError('PARAM_ERROR', '请求体不是UTF-8')
  }
}
