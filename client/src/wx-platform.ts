import type { CloseSignal } from './close-signal.ts'
import type { ByteStream, HttpAnswer, Platform, SheetResult } from './platform.ts'
import type { WxPayParams } from './result.ts'
import type { SessionStore } from './session-store.ts'
import { ignoreRejection, type Wx, type WxRequestTask } from './wx.ts'
import { createWxSocketClass } from './wx-socket.ts'

/** WeChat's upper limit for a response: https://developers.weixin.qq.com/miniprogram/dev/framework/ability/network.html */
const MAX_RESPONSE_TIMEOUT_MS = 60_000
const RESPONSE_TIMEOUT_MS = 15_000
const LOGIN_TIMEOUT_MS = 10_000

/** A mini-program, through its `wx`. */
export function createWxPlatform(wx: Wx): Platform {
  return {
    language: readLanguage(wx),
    post: (url, headers, body, closeSignal) => post(wx, { url, headers, body }, closeSignal),
    openStream: (url, headers, body, onBytes) => openStream(wx, { url, headers, body, onBytes }),
    webSocket: createWxSocketClass(wx),
    requestPayment: (params) => requestPayment(wx, params),
    requestSubscribe: wx.requestSubscribeMessage && ((templateIds) => requestSubscribe(wx, templateIds)),
    getLoginCode: wx.login && (() => getLoginCode(wx)),
    sessionStore: createStore(wx),
    watchForeground(onShow, onHide) {
      wx.onAppShow(onShow)
      wx.onAppHide(onHide)
      return () => {
        wx.offAppShow(onShow)
        wx.offAppHide(onHide)
      }
    },
  }
}

function readLanguage(wx: Wx): string | undefined {
  try {
    return (wx.getAppBaseInfo ? wx.getAppBaseInfo() : wx.getSystemInfoSync?.())?.language
  } catch {
    return undefined
  }
}

interface PostRequest {
  url: string
  headers: Record<string, string>
  body: string
}

function post(wx: Wx, { url, headers, body }: PostRequest, closeSignal: CloseSignal): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    let task: WxRequestTask | undefined
    const removeListener = closeSignal.onClose(() => task?.abort?.())
    const end = (settle: () => void) => {
      removeListener()
      settle()
    }
    task = wx.request({
      url,
      method: 'POST',
      data: body,
      header: headers,
      dataType: 'text',
      timeout: RESPONSE_TIMEOUT_MS,
      success: ({ statusCode, data }) => end(() => resolve({ statusCode, text: String(data) })),
      fail: ({ errMsg }) => end(() => reject(new Error(errMsg))),
    })
    ignoreRejection(task)
  })
}

/** Before it returns, since WeChat asks in a tap alone. */
function requestSubscribe(wx: Wx, tmplIds: string[]): Promise<Record<string, string>> {
  return new Promise((resolve, reject) => {
    const asked = wx.requestSubscribeMessage?.({
      tmplIds,
      success: (answers) => resolve(answers as Record<string, string>),
      fail: ({ errMsg }) => reject(new Error(errMsg)),
    })
    ignoreRejection(asked)
  })
}

function getLoginCode(wx: Wx): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = wx.login?.({
      timeout: LOGIN_TIMEOUT_MS,
      success: ({ code }) => resolve(code),
      fail: ({ errMsg }) => reject(new Error(errMsg)),
    })
    ignoreRejection(asked)
  })
}

/** WeChat keeps what is stored apart by app and by person. */
function createStore(wx: Wx): SessionStore {
  return {
    getItem: (key) => wx.getStorageSync?.(key),
    setItem: (key, value) => wx.setStorageSync?.(key, value),
  }
}

interface StreamRequest extends PostRequest {
  onBytes: (bytes: Uint8Array) => void
}

function openStream(wx: Wx, { url, headers, body, onBytes }: StreamRequest): ByteStream {
  let task: WxRequestTask | undefined
  const ended = new Promise<void>((resolve) => {
    task = wx.request({
      url,
      method: 'POST',
      data: body,
      header: headers,
      dataType: 'text',
      timeout: MAX_RESPONSE_TIMEOUT_MS,
      enableChunked: true,
      success: () => resolve(),
      fail: () => resolve(),
    })
    ignoreRejection(task)
    if (task.onChunkReceived) task.onChunkReceived(({ data }) => onBytes(new Uint8Array(data)))
    else resolve()
  })
  return { ended, stop: () => task?.abort?.() }
}

function requestPayment(wx: Wx, params: WxPayParams): Promise<SheetResult> {
  const { timeStamp, nonceStr, package: prepay, paySign } = params
  return new Promise((resolve) => {
    const shown = wx.requestPayment({
      timeStamp,
      nonceStr,
      package: prepay,
      signType: 'RSA',
      paySign,
      success: () => resolve('PAID'),
      fail: ({ errMsg }) => resolve(/cancel/i.test(errMsg) ? 'CANCELLED' : 'FAILED'),
    })
    ignoreRejection(shown)
  })
}
