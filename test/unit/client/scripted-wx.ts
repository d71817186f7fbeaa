import type { Wx } from '../../../client/src/pay-client.ts'

/** What a test says for the server and the phone; a mini-program has no network but this. */
export interface Script {
  /** A GraphQL response; what it throws is a network that failed. */
  answer: (operation: string, variables: Record<string, unknown>) => object
  /** The pay sheet: `ok`, or how it failed; never called back by default. */
  sheet?: () => Promise<string>
}

export interface ScriptedWx {
  wx: Wx
  /** What was asked so far: the operation, and when. */
  asked: { operation: string; at: number; authorization: string | undefined }[]
  /** When sockets were asked for so far. */
  socketsAskedAt: number[]
  show(): void
}

const ignore = () => {}

/** A phone whose sockets are refused and which knows no chunked request: whatever is heard of, is asked. */
export function createScriptedWx(script: Script): ScriptedWx {
  const asked: ScriptedWx['asked'] = []
  const shows = new Set<() => void>()
  const socketsAskedAt: number[] = []
  return {
    asked,
    socketsAskedAt,
    show() {
      for (const show of shows) show()
    },
    wx: {
      connectSocket({ fail }) {
        socketsAskedAt.push(Date.now())
        fail?.({ errMsg: 'connectSocket:fail' })
        return { send: ignore, close: ignore, onOpen: ignore, onMessage: ignore, onClose: ignore, onError: ignore }
      },
      request({ data, header, enableChunked, success, fail }) {
        if (enableChunked) return { abort: ignore }
        const { query, variables } = JSON.parse(data) as { query: string; variables: Record<string, unknown> }
        const operation = /^\s*\w+ (\w+)/.exec(query.slice(query.search(/\b(query|mutation)\b/)))?.[1] ?? ''
        asked.push({ operation, at: Date.now(), authorization: header.authorization })
        try {
          success({ statusCode: 200, data: JSON.stringify(script.answer(operation, variables)) })
        } catch (error) {
          fail({ errMsg: `request:fail ${String(error)}` })
        }
        return { abort: ignore }
      },
      requestPayment({ success, fail }) {
        void script.sheet?.().then((word) => {
          const errMsg = `requestPayment:${word}`
          return word === 'ok' ? success({ errMsg }) : fail({ errMsg })
        })
      },
      onAppShow: (listener) => void shows.add(listener),
      offAppShow: (listener) => void shows.delete(listener),
      onAppHide: ignore,
      offAppHide: ignore,
    },
  }
}

/** What the server answers when the order can be paid, as payment P1. */
export const payable = {
  data: {
    wxPay: {
      __typename: 'WxPayParams',
      paymentSn: 'P1',
      appId: 'wx1',
      timeStamp: '1',
      nonceStr: 'n',
      package: 'prepay_id=1',
      signType: 'RSA',
      paySign: 's',
    },
  },
}

/** What the server answers of payment P1. */
export function payment(status: 'PENDING' | 'SUCCESS' | 'CLOSED', version = 1) {
  const known = { sn: 'P1', orderSn: 'O1', tradeState: null, tradeStateDesc: null, payTotal: 1 }
  return { data: { paymentStatus: { ...known, status, payerTotal: null, refundedTotal: 0, payTime: null, version } } }
}

/** A GraphQL error as the server sends it. */
export function problem(code: string, extensions: object = {}) {
  return { errors: [{ message: code, extensions: { code, ...extensions } }] }
}
