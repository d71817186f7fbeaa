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

/**
 * Without any method where it is only promised, as by an intercepted `uni.request`.
 * Source: https://developers.weixin.qq.com/miniprogram/dev/api/network/request/RequestTask.html
 */
export interface WxRequestTask {
  abort?(): void
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

/** Of what WeChat tells about itself: its language, like `zh_CN`. */
interface WxBaseInfo {
  language?: string
}

/** Source: https://developers.weixin.qq.com/miniprogram/dev/api/open-api/subscribe-message/wx.requestSubscribeMessage.html */
interface WxSubscribeOption {
  tmplIds: string[]
  /** `accept`, `acceptWithAudio`, `reject`, `ban` or `filter`, by the id of each template; `errMsg` in addition. */
  success?(answers: object): void
  fail?(result: WxResult): void
}

/** Source: https://developers.weixin.qq.com/miniprogram/dev/api/open-api/login/wx.login.html */
interface WxLoginOption {
  /** In ms. */
  timeout: number
  success: (result: { code: string }) => void
  fail: (result: WxResult) => void
}

/** The part of a mini-program's `wx` that the client uses: pass `wx` itself, or `Taro`, or `uni`. */
export interface Wx {
  request(option: WxRequestOption): WxRequestTask
  /** Taro promises the task. */
  connectSocket(
    option: { url: string; protocols: string[]; timeout: number } & WxCallbacks,
  ): WxSocketTask | Promise<WxSocketTask>
  requestPayment(option: WxRequestPaymentOption): unknown
  /** Only without `token`. */
  login?(option: WxLoginOption): unknown
  /** Where the session is kept; without them in memory. */
  /** An empty text where nothing is stored. */
  getStorageSync?(key: string): string
  setStorageSync?(key: string, value: string): void
  /** Since base library 2.20.1. */
  getAppBaseInfo?(): WxBaseInfo
  /** Of older ones. */
  getSystemInfoSync?(): WxBaseInfo
  /** Since base library 2.4.4. */
  requestSubscribeMessage?(option: WxSubscribeOption): unknown
  onAppShow(listener: () => void): void
  onAppHide(listener: () => void): void
  offAppShow(listener: () => void): void
  offAppHide(listener: () => void): void
}

/** Taro's functions also return a promise, which rejects in addition to calling `fail`. */
export function ignoreRejection(returned: unknown): void {
  Promise.resolve(returned).catch(() => {})
}
