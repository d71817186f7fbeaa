import type { TokenStore } from '../wechat/access-token.ts'
import type { Database } from './database.ts'

/** Keeps the mini-program's access token where all processes see it, so that they don't fetch it from under each other. */
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
