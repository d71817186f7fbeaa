import { z } from 'zod'
import { MiniProgramRefusal } from '../mini-program/refusal.ts'
import type { Face } from './outcome.ts'
import { PayError } from './pay-error.ts'
import type { Answer } from './route.ts'

const systemError = new PayError('SYSTEM_ERROR')
const rateLimited = new PayError('RATELIMIT_EXCEEDED')

function refusePay(error: unknown): Answer {
  if (!(error instanceof PayError)) throw error
  const { status, code, message, detail } = error
  return { status, json: { code, message, ...(detail ? { detail } : {}) } }
}

function refuseMiniProgram(error: unknown): Answer {
  if (!(error instanceof MiniProgramRefusal)) throw error
  return { status: 200, json: { errcode: error.errcode, errmsg: `${error.message} rid: sandbox` } }
}

/** https://api.mch.weixin.qq.com */
export const payFace: Face = {
  contentType: 'application/json; charset=utf-8',
  signature: 'right',
  rateLimited: refusePay(rateLimited),
  systemError: refusePay(systemError),
  refuse: refusePay,
}

/** https://api.weixin.qq.com, whose JSON calls itself text. */
export const miniProgramFace: Face = {
  contentType: 'text/plain',
  signature: 'none',
  rateLimited: refuseMiniProgram(new MiniProgramRefusal(45011)),
  systemError: refuseMiniProgram(new MiniProgramRefusal(-1)),
  refuse: refuseMiniProgram,
}

/** The buyer's phone and the sandbox's own switches. */
export const sandboxFace: Face = {
  ...payFace,
  signature: 'none',
  refuse(error) {
    if (error instanceof z.ZodError) {
      const message = error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')
      return { status: 400, json: { code: 'PARAM_ERROR', message } }
    }
    return refusePay(error)
  },
}
