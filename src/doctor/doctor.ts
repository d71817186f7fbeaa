import { type Config, ConfigError, loadConfig, type WechatConfig } from '../config.ts'
import type { Database } from '../infra/database.ts'
import { memoryTokenStore } from '../wechat/access-token.ts'
import { openMiniProgram } from '../wechat/mini-program.ts'
import { openWechatPay } from '../wechat/pay.ts'
import type { Finding } from './finding.ts'
import { checkMiniProgram } from './mini-program.ts'
import { checkNotices } from './notice.ts'
import { checkDatabase, checkRedis } from './servers.ts'
import { checkWechatPay } from './wechat-pay.ts'

/** How long an echo's notice may take; WeChat sends it at once. */
const NOTICE_WITHIN_MS = 15_000

/**
 * Checks the configuration of an API process against WeChat, or the sandbox, step by step. Moves no money; at WeChat it
 * leaves one number of 1 fen that nobody can pay, closed.
 *
 * @returns a finding for each step; `wrong` ones say where to mend it.
 */
export async function examine(env: NodeJS.ProcessEnv, noticeWithinMs = NOTICE_WITHIN_MS): Promise<Finding[]> {
  try {
    const config = loadConfig(env, 'api')
    const { findings, db } = await checkDatabase(config)
    const redis = await checkRedis(config)
    try {
      const wechat = await examineWechat(config.wechat, { db, order: config.order, noticeWithinMs })
      return [{ check: 'settings', result: 'ok', detail: 'complete and well-formed' }, ...findings, redis, ...wechat]
    } finally {
      await db?.$disconnect()
    }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.problems.map(({ name, fault, example }) => ({
      check: name,
      result: 'wrong' as const,
      detail: fault,
      remedy: `set it${example === undefined ? '' : `, for example ${example}`} (.env.example describes it)`,
    }))
  }
}

async function examineWechat(
  config: WechatConfig,
  { db, order, noticeWithinMs }: { db: Database | null; order: Config['order']; noticeWithinMs: number },
) {
  const wechat = openWechatPay(config.pay, { downloadCertificates: false })
  // Not the token that the processes share: it would prove nothing about the secret.
  const mini = openMiniProgram(config.mini, { tokenStore: memoryTokenStore() })
  try {
    // Without a public key, an echo needs a platform certificate.
    await wechat.refreshCertificates()
    const { clock, signature, trust, bond } = await checkWechatPay(wechat, config.pay.mchid, config.pay.appid)
    return [
      clock,
      signature,
      trust,
      bond,
      ...(await checkNotices(wechat, { db, trust, noticeWithinMs })),
      ...(await checkMiniProgram(mini, config, order)),
    ]
  } finally {
    await Promise.all([wechat.close(), mini.close()])
  }
}
