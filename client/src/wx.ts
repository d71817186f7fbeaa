/** The argument of every WeChat callback. */
interface WxResult {
  errMsg: string
}

interface WxCallbacks {
  success?: (result: WxResult) => void
  fail?: (result: WxResult) => void
}

/** Source: https://developers.weixin.qq.com/miniprogram/dev/api/network/websocket/SocketTask.html */
export interface WxSocketTask {
  send(option: { data: string } & WxCallbacks): void
  close(option: { code?: number; reason?: string } & WxCallbacks): void
  onOpen(listener: () => void): void
  onMessage(listener: (message: { data: string | ArrayBuffer }) => void): void
  onClose(listener: (close: { code: number; reason: string }) => void): void
  onError(listener: (error: WxResult) => void): void
}

/** Source: https://developers.weixin.qq.com/miniprogram/dev/api/network/request/RequestTask.html */
export interface WxRequestTask {
  abort(): void
  /** Since base library 2.20.1. */
  onChunkReceived?(listener: (chunk: { data: ArrayBuffer }) => void): void
}

export interface WxRequestOption {
  url: string
  method: 'POST'
  data: string
  header: Record<string, string>
  /** With anything but `json`, the response text is passed on unparsed. */
  dataType: string
  /** In ms. */
  timeout: number
  enableChunked?: boolean
  success: (answer: { statusCode: number; data: unknown }) => void
  fail: (result: WxResult) => void
}

export interface WxRequestPaymentOption {
  timeStamp: string
  nonceStr: string
  package: string
  signType: 'RSA'
  paySign: string
  success: (result: WxResult) => void
  fail: (result: WxResult) => void
}

/** The part of a mini-program's `wx` that the client uses: pass `wx` itself. */
export interface Wx {
  request(option: WxRequestOption): WxRequestTask
  connectSocket(option: { url: string; protocols: string[]; timeout: number } & WxCallbacks): WxSocketTask
  requestPayment(option: WxRequestPaymentOption): unknown
  onAppShow(listener: () => void): void
  onAppHide(listener: () => void): void
  offAppShow(listener: () => void): void
  offAppHide(listener: () => void): void
}
