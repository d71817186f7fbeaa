import type { z } from 'zod'
import { MiniProgramRefusal } from './refusal.ts'

/** @throws {MiniProgramRefusal} 47001 when the body isn't JSON, `errcode` when `schema` doesn't accept it. */
export function parseMiniProgramBody<T>(schema: z.ZodType<T>, body: string, errcode = 47001): T {
  const parsed = schema.safeParse(parseJson(body))
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new MiniProgramRefusal(errcode, `data format error: ${issue?.path.join('.')} ${issue?.message}`)
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    throw new MiniProgramRefusal(47001)
  }
}
