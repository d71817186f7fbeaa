import { findProxyFault } from '../config/proxies.ts'
import { settingRemedies } from '../config/texts.ts'
import { type AppConfig, type Config, ConfigError, type ConfigOf, loadConfig, type WechatConfig } from '../config.ts'
import { type Database, openDatabase } from '../infra/database.ts'
import { inTime } from '../infra/wait.ts'
import { memoryTokenStore } from '../wechat/access-token.ts'
import { openMiniProgram } from '../wechat/mini-program.ts'
import { openWechatPay } from '../wechat/pay.ts'
import { type Finding, named } from './finding.ts'
import { checkMiniProgram } from './mini-program.ts'
import { checkNotices } from './notice.ts'
import { checkDatabase, checkRedis } from './servers.ts'
import { checkTexts, rightTexts } from './texts.ts'
import { checkWechatPay } from './wechat-pay.ts'

/**
 * How long the notice of an echo may take. WeChat sends it at once, but the first delivery may be lost, or be a probe
 * with a signature that is wrong on purpose: the first two repeats come after 15 s each.
 */
export const NOTICE_WITHIN_MS = 45_000

/** One check after the other, and one more for what comes after a check that never ended. */
const POOL_SIZE = 2

/** How long closing the database's connections may take. */
const CLOSE_WITHIN_MS = 1_000

/**
 * Checks the configuration of an API process against WeChat, or the sandbox, step by step. Moves no money; it leaves at
 * WeChat one closed number of 1 fen that nobody could pay.
 *
 * @returns a finding for each step as soon as it is done; `wrong` ones come with a remedy.
 */
export async function* examine(
  env: NodeJS.ProcessEnv,
  noticeWithinMs: number = NOTICE_WITHIN_MS,
): AsyncGenerator<Finding, void, undefined> {
  let config: ConfigOf['api']
  try {
    config = loadConfig(env, 'api')
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    yield* error.problems.map(describeProblem)
    return
  }
  yield { check: checkTexts.settings, result: 'ok', detail: rightTexts.settings }
  const proxies = findProxyFault(config)
  if (proxies) {
    yield { check: named('TRUSTED_PROXIES'), result: 'wrong', detail: proxies.fault, remedy: proxies.remedy }
  }
  yield* examineServers(config, noticeWithinMs)
}

/**
 * Checks what any process with a WeChat works with: PostgreSQL, Redis where it has one, WeChat, and the API at the notice
 * URL. What it leaves at WeChat is what {@link examine} does.
 *
 * @returns a finding for each step as soon as it is done. Every step has its end, whatever doesn't answer.
 */
export async function* examineServers(
  config: AppConfig,
  noticeWithinMs: number = NOTICE_WITHIN_MS,
): AsyncGenerator<Finding, void, undefined> {
  const db = openDatabase(config.databaseUrl, { poolSize: POOL_SIZE, isPooled: !config.preparedStatements })
  try {
    const { isUsable, databaseId } = yield* checkDatabase(db, config)
    yield await checkRedis(config, databaseId)
    yield* examineWechat(config.wechat, { db: isUsable ? db : null, order: config.order, noticeWithinMs })
  } finally {
    await closeInTime(db)
  }
}

/** Closes the pool, but doesn't wait for a query that never ends: all findings are out by then. */
async function closeInTime(db: Database): Promise<void> {
  await inTime(() => db.$disconnect(), CLOSE_WITHIN_MS).catch(() => {})
}

function describeProblem({ name, fault, example }: ConfigError['problems'][number]): Finding {
  const remedy = example === undefined ? settingRemedies.set : settingRemedies.setLike(example)
  return { check: named(name), result: 'wrong', detail: fault, remedy }
}

async function* examineWechat(
  config: WechatConfig,
  { db, order, noticeWithinMs }: { db: Database | null; order: Config['order']; noticeWithinMs: number },
): AsyncGenerator<Finding, void, undefined> {
  const wechat = openWechatPay(config.pay, { downloadCertificates: false })
  // Not the token in the database that the processes share: it would prove nothing about this secret.
  const mini = openMiniProgram(config.mini, { tokenStore: memoryTokenStore() })
  try {
    const trust = yield* checkWechatPay(wechat, config.pay.mchid, config.pay.appid)
    yield* checkNotices(wechat, { db, trust, noticeWithinMs })
    yield* checkMiniProgram(mini, config, order)
  } finally {
    await Promise.all([wechat.close(), mini.close()])
  }
}
