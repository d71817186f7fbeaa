/** A Node process that uses the client in the way that its argument says, closes it, and should end by itself. */
import { setImmediate } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { createPayClient, type PayClientOptions, type WxPayParams } from '../../../client/src/pay-client.ts'

const { URL = '', SILENT_URL = '', SANDBOX_URL = '', OPENID = '', ORDER_SN = '' } = process.env
const AN_HOUR_MS = 3_600_000

const getLoginCode = async () => `code-${OPENID}`

function openClient(options: Partial<PayClientOptions> = {}) {
  return createPayClient({ url: URL, getLoginCode, idleSocketMs: AN_HOUR_MS, pollMs: AN_HOUR_MS, ...options })
}

async function payInSandbox(params: WxPayParams): Promise<void> {
  const body = JSON.stringify(params)
  await fetch(`${SANDBOX_URL}/sandbox/pay`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
}

/** A payment whose sheet stays open, watched until its first state has come. */
async function watch(options: Partial<PayClientOptions> = {}) {
  const shown = Promise.withResolvers<WxPayParams>()
  const requestPayment = (params: WxPayParams) => {
    shown.resolve(params)
    return new Promise(() => {})
  }
  const client = openClient({ requestPayment, ...options })
  const paying = client.pay(ORDER_SN)
  const { paymentSn } = await shown.promise
  await new Promise<void>((resolve) => {
    client.watchPayment(paymentSn, { onPayment: () => resolve() })
  })
  client.close()
  return paying
}

const uses: Record<string, () => Promise<unknown>> = {
  async 'has paid'() {
    const client = openClient({ requestPayment: payInSandbox })
    const result = await client.pay(ORDER_SN)
    client.close()
    return result
  },
  'watches by Node’s own WebSocket': () => watch(),
  'watches by the WebSocket of `ws`': () => watch({ webSocket: WebSocket }),
  'watches by server-sent events'() {
    Reflect.deleteProperty(globalThis, 'WebSocket')
    return watch()
  },
  async 'is just opening its socket'() {
    const opening = Promise.withResolvers<void>()
    class OpeningSocket extends WebSocket {
      constructor(url: string, protocol: string) {
        super(url, protocol)
        opening.resolve()
      }
    }
    const client = openClient({ webSocket: OpeningSocket })
    client.watchPayment('P1', { onPayment: () => {} })
    await opening.promise
    client.close()
    return undefined
  },
  'has just asked'() {
    const client = openClient()
    const answer = client.paymentStatus('P1')
    client.close()
    return answer
  },
  async 'waits for an answer'() {
    const client = openClient({ url: SILENT_URL })
    const answer = client.paymentStatus('P1')
    while (!process.getActiveResourcesInfo().includes('TCPSocketWrap')) await setImmediate()
    client.close()
    return answer
  },
  'waits for a code to sign in with'() {
    const asked = Promise.withResolvers<void>()
    const client = openClient({
      getLoginCode: () => {
        asked.resolve()
        return new Promise(() => {})
      },
    })
    const login = client.login()
    void asked.promise.then(() => client.close())
    return login
  },
  async 'waits to reconnect'() {
    const client = openClient({ url: 'http://127.0.0.1:9/graphql', reconnectMs: AN_HOUR_MS })
    client.watchPayment('P1', { onPayment: () => {} })
    while (!process.getActiveResourcesInfo().includes('Timeout')) await setImmediate()
    client.close()
    return undefined
  },
}

const result = await uses[process.argv[2] ?? '']?.()
// The connections end within a moment; a timer would hold the process until it is due.
while (process.getActiveResourcesInfo().includes('TCPSocketWrap')) await setImmediate()
const timers = process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout')
process.stdout.write(`${JSON.stringify({ result, timers })}\n`)
