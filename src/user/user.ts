import { Prisma, type User } from '../../prisma/client/client.ts'
import type { Deps } from '../deps.ts'
import { randomCharacters } from '../infra/numbers.ts'

/** The appid of demo users: outside production they are recognised in every mini-program. */
export const DEMO_APPID = '*'

export interface Identity {
  appid: string
  openid: string
  unionid?: string
}

/** The user with this identity, created at the first login. Concurrent first logins create one user. */
export async function findOrCreateUser(deps: Pick<Deps, 'db' | 'config'>, identity: Identity): Promise<User> {
  const known = await findUser(deps, identity)
  if (known) return known
  try {
    return await createUser(deps, identity)
  } catch (error) {
    const user = isUniqueViolation(error) ? await findUser(deps, identity) : null
    if (!user) throw error
    return user
  }
}

async function findUser({ db }: Pick<Deps, 'db'>, { appid, openid }: Identity): Promise<User | null> {
  const found = await db.wechatIdentity.findUnique({
    where: { appid_openid: { appid, openid } },
    select: { user: true },
  })
  return found?.user ?? null
}

async function createUser(deps: Pick<Deps, 'db' | 'config'>, identity: Identity): Promise<User> {
  const demoUser = deps.config.production ? null : await findUser(deps, { ...identity, appid: DEMO_APPID })
  const { user } = await deps.db.wechatIdentity.create({
    data: {
      ...identity,
      user: demoUser ? { connect: { id: demoUser.id } } : { create: { nickname: `微信用户${randomCharacters(4)}` } },
    },
    select: { user: true },
  })
  return user
}

function isUniqueViolation(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002'
}
