import type { WechatConfig } from '../config.ts'
import { SpokenError } from '../errors.ts'
import type { Database } from './database.ts'
import { isUnmigrated } from './migrate.ts'
import { infraTexts } from './texts.ts'

/** The database belongs to another merchant, or another WeChat, than this process is configured for. */
export class WrongWechatError extends SpokenError {}

/**
 * Binds a new database to the WeChat of this configuration, or checks that it is bound to it.
 *
 * @returns the database's id, which no other database has but a copy of this one.
 * @throws {WrongWechatError} saying which setting differs: mixing merchants, or a sandbox with the real WeChat, loses
 *   track of money.
 */
export async function bindToWechat(db: Database, config: WechatConfig): Promise<string> {
  try {
    await db.wechatBinding.createMany({ data: [ownWechat(config)], skipDuplicates: true })
    const databaseId = await checkBinding(db, config)
    if (databaseId === null) throw new Error('The database lost what it was just bound to')
    return databaseId
  } catch (error) {
    throw isUnmigrated(error) ? new Error('The database is not migrated: run npm run db:migrate') : error
  }
}

/**
 * Checks whether the database is bound to the WeChat of this configuration, without binding it.
 *
 * @returns the database's id, null while it isn't bound.
 * @throws {WrongWechatError} when it is bound to another.
 */
export async function checkBinding(db: Database, config: WechatConfig): Promise<string | null> {
  const mine = ownWechat(config)
  const bound = await db.wechatBinding.findUnique({ where: { id: 1 } })
  if (!bound) return null
  if (bound.mchid !== mine.mchid || bound.apiHost !== mine.apiHost || bound.isSandbox !== mine.isSandbox) {
    const [theirs, ours] = [bound, mine].map(({ mchid, apiHost }) => `${mchid} (${apiHost})`)
    throw new WrongWechatError(infraTexts.otherWechat(theirs ?? '', ours ?? ''))
  }
  return bound.databaseId
}

function ownWechat({ pay, isSandbox }: WechatConfig) {
  // A sandbox may move to another port.
  const apiHost = isSandbox ? 'sandbox' : new URL(pay.apiUrl).host
  return { mchid: pay.mchid, apiHost, isSandbox }
}
