import type { Wx } from '../../../client/src/pay-client.ts'

/** What the server and the phone of a test do; the mini-program has no other network. */
export interface Script {
  /** The GraphQL response to an operation; throwing means that the network failed. */
  answer: (operation: string, variables: Record<string, unknown>, token: string) => object
  /** Resolves with a code, or rejects with WeChat's `errMsg`. */
  login?: () => Promise<string>
  /** What was stored before, and is stored. */
  storage?: Map<string, string>
  /** What a chunked request receives; without it the phone lacks chunked requests. */
  stream?: () => string
  /** Resolves with the pay sheet's result: `ok`, or how it failed. By default the sheet never calls back. */
  sheet?: () => Promise<string>
  /** Resolves with the guest's answer by template, or rejects with WeChat's `errMsg`; without it the phone can't ask. */
  consent?: (templateIds: string[]) => Promise<Record<string, string>>
}

export interface ScriptedWx {
  wx: Wx
  /** Every request so far, with its time. */
  requests: { operation: string; variables: Record<string, unknown>; at: number; authorization: string | undefined }[]
  /** The times of all chunked requests so far. */
  streamedAt: number[]
  /** The times of all attempts so far to open a socket. */
  socketAttemptsAt: number[]
  show(): void
}

const ignore = () => {}

/** A phone whose sockets fail, so that the client has to stream by chunked requests, or to poll. */
export function createScriptedWx(script: Script): ScriptedWx {
  const requests: ScriptedWx['requests'] = []
  const shows = new Set<() => void>()
  const socketAttemptsAt: number[] = []
  const streamedAt: number[] = []
  return {
    requests,
    streamedAt,
    socketAttemptsAt,
    show() {
      for (const show of shows) show()
    },
    wx: {
      connectSocket({ fail }) {
        socketAttemptsAt.push(Date.now())
        fail?.({ errMsg: 'connectSocket:fail' })
        return { send: ignore, close: ignore, onOpen: ignore, onMessage: ignore, onClose: ignore, onError: ignore }
      },
      request({ data, header, enableChunked, success, fail }) {
        if (enableChunked) return script.stream ? openChunked(script.stream, streamedAt) : { abort: ignore }
        const { query, variables } = JSON.parse(data) as { query: string; variables: Record<string, unknown> }
        const operation = /^\s*\w+ (\w+)/.exec(query.slice(query.search(/\b(query|mutation)\b/)))?.[1] ?? ''
        const { authorization } = header
        requests.push({ operation, variables, at: Date.now(), authorization })
        try {
          success({
            statusCode: 200,
            data: JSON.stringify(script.answer(operation, variables, authorization?.replace('Bearer ', '') ?? '')),
          })
        } catch (error) {
          fail({ errMsg: `request:fail ${String(error)}` })
        }
        return { abort: ignore }
      },
      requestPayment({ success, fail }) {
        void script.sheet?.().then((result) => {
          const errMsg = `requestPayment:${result}`
          return result === 'ok' ? success({ errMsg }) : fail({ errMsg })
        })
      },
      ...(script.login && { login: signInBy(script.login) }),
      getStorageSync: (key) => script.storage?.get(key) ?? '',
      setStorageSync: (key, value) => void script.storage?.set(key, value),
      ...(script.consent && { requestSubscribeMessage: askBy(script.consent) }),
      onAppShow: (listener) => void shows.add(listener),
      offAppShow: (listener) => void shows.delete(listener),
      onAppHide: ignore,
      offAppHide: ignore,
    },
  }
}

function askBy(consent: NonNullable<Script['consent']>): NonNullable<Wx['requestSubscribeMessage']> {
  return ({ tmplIds, success, fail }) => {
    consent(tmplIds).then(
      (answers) => success?.({ errMsg: 'requestSubscribeMessage:ok', ...answers }),
      (error: unknown) => fail?.({ errMsg: `requestSubscribeMessage:fail ${String(error)}` }),
    )
  }
}

function signInBy(login: NonNullable<Script['login']>): NonNullable<Wx['login']> {
  return ({ success, fail }) => {
    login().then(
      (code) => success({ code }),
      (error: unknown) => fail({ errMsg: `login:fail ${String(error)}` }),
    )
  }
}

function openChunked(stream: () => string, streamedAt: number[]) {
  streamedAt.push(Date.now())
  return {
    abort: ignore,
    onChunkReceived: (listener: (chunk: { data: ArrayBuffer }) => void) => {
      listener({ data: new TextEncoder().encode(stream()).buffer })
    },
  }
}

/** The server's answer to `wxPay` for an order that can be paid: it opens payment P1. */
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

/** The server's answer to `paymentStatus` of payment P1. */
export function payment(status: 'PENDING' | 'SUCCESS' | 'CLOSED', version = 1, { underReview = false } = {}) {
  const fields = { sn: 'P1', orderSn: 'O1', tradeState: null, tradeStateDesc: null, payTotal: 1 }
  const amounts = { payerTotal: null, refundedTotal: 0, payTime: null }
  return { data: { paymentStatus: { ...fields, status, underReview, ...amounts, version } } }
}

/** A GraphQL error as the server sends it. */
export function problem(code: string, extensions: object = {}) {
  return { errors: [{ message: code, extensions: { code, ...extensions } }] }
}
