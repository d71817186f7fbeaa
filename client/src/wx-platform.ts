import type { ByteStream, HttpAnswer, Platform, SheetResult } from './platform.ts'
import type { WxPayParams } from './result.ts'
import type { Wx, WxRequestTask } from './wx.ts'
import { createWxSocketClass } from './wx-socket.ts'

/** WeChat's upper limit for a response: https://developers.weixin.qq.com/miniprogram/dev/framework/ability/network.html */
const MAX_RESPONSE_TIMEOUT_MS = 60_000
const RESPONSE_TIMEOUT_MS = 15_000

/** A mini-program, through its `wx`. */
export function createWxPlatform(wx: Wx): Platform {
  return {
    post: (url, headers, body) => post(wx, url, headers, body),
    openStream: (url, headers, body, onBytes) => openStream(wx, { url, headers, body, onBytes }),
    webSocket: createWxSocketClass(wx),
    requestPayment: (params) => requestPayment(wx, params),
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

function post(wx: Wx, url: string, header: Record<string, string>, data: string): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    wx.request({
      url,
      method: 'POST',
      data,
      header,
      dataType: 'text',
      timeout: RESPONSE_TIMEOUT_MS,
      success: ({ statusCode, data }) => resolve({ statusCode, text: String(data) }),
      fail: ({ errMsg }) => reject(new Error(errMsg)),
    })
  })
}

interface StreamRequest {
  url: string
  headers: Record<string, string>
  body: string
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
    if (task.onChunkReceived) task.onChunkReceived(({ data }) => onBytes(new Uint8Array(data)))
    else resolve()
  })
  return { ended, stop: () => task?.abort() }
}

function requestPayment(wx: Wx, params: WxPayParams): Promise<SheetResult> {
  const { timeStamp, nonceStr, package: prepay, paySign } = params
  return new Promise((resolve) => {
    wx.requestPayment({
      timeStamp,
      nonceStr,
      package: prepay,
      signType: 'RSA',
      paySign,
      success: () => resolve('PAID'),
      fail: ({ errMsg }) => resolve(/cancel/i.test(errMsg) ? 'CANCELLED' : 'FAILED'),
    })
  })
}
