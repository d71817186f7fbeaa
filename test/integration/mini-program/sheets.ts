import type { WxRequestOption } from '../../../client/src/wx.ts'
import type { TestApp } from '../../harness/app.ts'
import type { FakeWx } from '../client/fake-wx.ts'
import type { Canvas } from './canvas.ts'

/** Pixels of the screen to a pixel of the page. */
const PIXEL_RATIO = 2
/** Source: https://developers.weixin.qq.com/miniprogram/dev/api/network/request/wx.request.html */
const REQUEST_TIMEOUT_MS = 60_000

/** What the owner of a phone does with what WeChat shows. */
export interface PhoneOwner {
  openid: string
  fake: FakeWx
  /** What the phone's own camera is held over; null when the scanner is closed. */
  camera: string | null
  /** The answer to WeChat's question about messages. */
  consents: 'accept' | 'reject'
  /** The answer to a dialog with this title. */
  onDialog: (title: string) => boolean
}

interface SheetsDeps {
  owner: PhoneOwner
  app: Pick<TestApp, 'sandbox'>
  /** Whether a tap is being handled, before anything asynchronous. */
  isInTap: () => boolean
  /** Called with the body of each request that was answered, after the page has heard of it. */
  onAnswer: (body: string) => void
  findCanvas: (selector: string) => { node: Canvas; width: number } | null
}

interface SubscribeOption {
  tmplIds: string[]
  success: (answers: Record<string, string>) => void
  fail: (result: { errMsg: string }) => void
}

type RequestOption = Partial<WxRequestOption> & Pick<WxRequestOption, 'success' | 'fail'> & { url: string }

/** What WeChat shows on a phone, and what its owner does with it, as far as the example calls for it. */
export function playSheets({ owner, app, isInTap, onAnswer, findCanvas }: SheetsDeps) {
  return {
    getAppBaseInfo: () => ({ language: 'zh_CN' }),
    getWindowInfo: () => ({ pixelRatio: PIXEL_RATIO }),
    stopPullDownRefresh: () => Promise.resolve(),
    request: (option: RequestOption) => request(owner, option, onAnswer),
    async showModal({ title }: { title: string }) {
      return { confirm: owner.onDialog(title) }
    },
    scanCode() {
      const { camera } = owner
      return camera === null ? Promise.reject({ errMsg: 'scanCode:fail cancel' }) : Promise.resolve({ result: camera })
    },
    requestSubscribeMessage({ tmplIds, success, fail }: SubscribeOption) {
      if (!isInTap()) return fail({ errMsg: 'requestSubscribeMessage:fail can only be invoked by user TAP gesture.' })
      const { openid, consents } = owner
      app.sandbox.consent({ openid, [consents === 'accept' ? 'accepted' : 'rejected']: tmplIds })
      const answers = Object.fromEntries(tmplIds.map((id) => [id, consents]))
      setImmediate(() => success({ ...answers, errMsg: 'requestSubscribeMessage:ok' }))
    },
    createSelectorQuery() {
      let found: unknown
      const query = {
        select(selector: string) {
          found = findCanvas(selector)
          return query
        },
        fields: () => query,
        exec: (callback: (all: unknown[]) => void) => void setImmediate(() => callback([found])),
      }
      return query
    },
  }
}

/** `wx.request`, which also gets, and parses JSON unless told otherwise. */
function request({ fake }: PhoneOwner, option: RequestOption, onAnswer: SheetsDeps['onAnswer']) {
  const { dataType = 'json', success } = option
  const pass: WxRequestOption['success'] = (answer) => {
    success(dataType === 'json' ? { ...answer, data: JSON.parse(String(answer.data)) } : answer)
    // What waits for the answer goes on first.
    setImmediate(() => onAnswer(complete.data))
  }
  const complete: WxRequestOption = {
    method: 'POST',
    data: '{}',
    header: {},
    timeout: REQUEST_TIMEOUT_MS,
    ...option,
    dataType,
    success: pass,
  }
  // The options of the client know no GET.
  return (option.method as string) === 'GET' ? void get(complete) : fake.wx.request(complete)
}

async function get({ url, success, fail }: WxRequestOption): Promise<void> {
  try {
    const response = await fetch(url)
    success({ statusCode: response.status, data: await response.text() })
  } catch (error) {
    fail({ errMsg: `request:fail ${String(error)}` })
  }
}
