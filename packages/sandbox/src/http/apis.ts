import { MiniProgramRefusal } from '../mini-program/refusal.ts'
import type { Api } from './outcome.ts'
import { PayError } from './pay-error.ts'
import type { Answer } from './route.ts'

function refusePay(error: unknown): Answer {
  if (!(error instanceof PayError)) throw error
  const { status, code, message, detail } = error
  return { status, json: { code, message, ...(detail ? { detail } : {}) } }
}

function refuseMiniProgram(error: unknown): Answer {
  if (!(error instanceof MiniProgramRefusal)) throw error
  return { status: 200, json: { errcode: error.errcode, errmsg: `${error.message} rid: sandbox` } }
}

/** https://api.mch.weixin.qq.com: signed in both directions. */
export const payApi: Api = {
  contentType: 'application/json; charset=utf-8',
  signature: 'right',
  rateLimited: refusePay(new PayError('RATELIMIT_EXCEEDED')),
  systemError: refusePay(new PayError('SYSTEM_ERROR')),
  refuse: refusePay,
}

/** https://api.weixin.qq.com: answers with 200 whatever happens, in JSON that is labelled as text. */
export const miniProgramApi: Api = {
  contentType: 'text/plain',
  signature: 'none',
  rateLimited: refuseMiniProgram(new MiniProgramRefusal(45011)),
  systemError: refuseMiniProgram(new MiniProgramRefusal(-1)),
  refuse: refuseMiniProgram,
}

/** The buyer's phone and the sandbox's own controls, under `/sandbox/`. */
export const controlApi: Api = { ...payApi, signature: 'none' }
