import type { TokenStore } from '../wechat/access-token.ts'
import type { Database } from './database.ts'

/** Stores the mini-program's access token in the database, so that all processes share one. */
export function databaseTokenStore(db: Database): TokenStore {
  return {
    read: (appid) => db.accessToken.findUnique({ where: { appid } }),
    write: async (appid, { token, expiresAt }) => {
      await db.accessToken.upsert({
        where: { appid },
        create: { appid, token, expiresAt },
        update: { token, expiresAt },
      })
    },
  }
}
