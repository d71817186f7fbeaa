import type { PayClientOptions, Wx } from '@looklook-pay/client'
import type { Sandbox } from './settings.ts'

type PaymentOption = Parameters<Wx['requestPayment']>[0]
type SubscribeOption = Parameters<NonNullable<Wx['requestSubscribeMessage']>>[0]

interface Ledger {
  orders: { prepayIds: { prepayId: string }[]; firstRequest: { appid: string } }[]
}

/**
 * What a phone does with WeChat, done with the sandbox: no WeChat app can sign in, pay or consent there. Dialogs take the
 * places of WeChat's sheets, one after the other.
 */
export function openSandboxPhone(sandbox: Sandbox): Pick<PayClientOptions, 'wx' | 'getLoginCode' | 'sessionStore'> {
  let shown: Promise<unknown> = Promise.resolve()
  const confirm = (option: WechatMiniprogram.ShowModalOption): Promise<boolean> => {
    const answer = shown.then(() => wx.showModal(option)).then(({ confirm }) => confirm)
    shown = answer.catch(() => {})
    return answer
  }
  return {
    getLoginCode: () => Promise.resolve(`code-${sandbox.openid}`),
    // Each person has a session of their own.
    sessionStore: {
      getItem: (key) => String(wx.getStorageSync(`${sandbox.openid} ${key}`) || ''),
      setItem: (key, value) => wx.setStorageSync(`${sandbox.openid} ${key}`, value),
    },
    wx: {
      ...wx,
      requestPayment: (option) => void pay(sandbox, option, confirm),
      requestSubscribeMessage: (option) => void consent(sandbox, option, confirm),
    },
  }
}

type Confirm = (option: WechatMiniprogram.ShowModalOption) => Promise<boolean>

async function pay({ url }: Sandbox, { success, fail, ...params }: PaymentOption, confirm: Confirm): Promise<void> {
  try {
    if (!(await confirm({ title: '微信支付（沙箱）', content: '不扣真钱。', confirmText: '确认付款' })))
      return fail({ errMsg: 'requestPayment:fail cancel' })
    await call('POST', `${url}/sandbox/pay`, { ...params, appId: await findAppId(url, params.package) })
  } catch (error) {
    return fail({ errMsg: `requestPayment:fail ${String(error)}` })
  }
  success({ errMsg: 'requestPayment:ok' })
}

/** A phone knows which app is running; the sandbox's app is the one that its orders are for. */
async function findAppId(url: string, prepay: string): Promise<string | undefined> {
  const { orders } = await call<Ledger>('GET', `${url}/sandbox/ledger`)
  const order = orders.find(({ prepayIds }) => prepayIds.some(({ prepayId }) => `prepay_id=${prepayId}` === prepay))
  return order?.firstRequest.appid
}

async function consent(
  { url, openid }: Sandbox,
  { tmplIds, success, fail }: SubscribeOption,
  confirm: Confirm,
): Promise<void> {
  const answers: Record<string, string> = {}
  try {
    const isAccepted = await confirm({
      title: '订阅消息（沙箱）',
      content: '允许商家发送订单的消息？',
      confirmText: '允许',
      cancelText: '取消',
    })
    await call('POST', `${url}/sandbox/consent`, { openid, [isAccepted ? 'accepted' : 'rejected']: tmplIds })
    for (const id of tmplIds) answers[id] = isAccepted ? 'accept' : 'reject'
  } catch (error) {
    return fail?.({ errMsg: `requestSubscribeMessage:fail ${String(error)}` })
  }
  success?.({ ...answers, errMsg: 'requestSubscribeMessage:ok' })
}

function call<Answer>(method: 'GET' | 'POST', url: string, body?: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    wx.request({
      url,
      method,
      ...(body && { data: JSON.stringify(body), header: { 'content-type': 'application/json' } }),
      success: ({ statusCode, data }) => {
        if (statusCode === 200) resolve(data as Answer)
        else reject(new Error(JSON.stringify(data)))
      },
      fail: ({ errMsg }) => reject(new Error(errMsg)),
    })
  })
}
