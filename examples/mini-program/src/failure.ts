import type { PayResult, Problem } from '@looklook-pay/client'

/** What the client says for developers, in words for guests. */
const CLIENTS: Record<string, string> = {
  NETWORK: '网络不给力，请稍后再试',
  NOT_ASKED: '微信没有弹出授权框，请再点一次',
}

/** What the guest reads of a failure: the server's own sentence, in the language of the phone, wherever it said one. */
export function failureText({ code, message }: Pick<Problem, 'code' | 'message'>): string {
  return CLIENTS[code] ?? message
}

/** Why the guest should stay and pay, or can't; undefined where the order itself says how it goes on. */
export function payFailure(result: PayResult): string | undefined {
  switch (result.outcome) {
    case 'PAID':
      return undefined
    case 'REFUSED':
      return failureText(result)
    case 'NOT_PAID':
      if (result.reason === 'CANCELLED') return '还没有付款'
      return result.reason === 'FAILED' ? '微信没能完成付款，请再试一次' : undefined
  }
}
