import type { Operator } from '../../prisma/client/client.ts'
import type { OperatorRole } from '../../prisma/client/enums.ts'
import { NotFoundError } from '../errors.ts'
import type { Tx } from '../infra/database.ts'
import { operatorTexts } from './texts.ts'
import { createToken } from './token.ts'

const LINK_MINUTES = 15

/** An operator with what a link needs that signs them in. */
export interface Invited {
  operator: Operator
  /** Stands in the link and nowhere else. */
  token: string
  expiresAt: Date
}

/**
 * Makes an operator of this name, or finds them, and a link that signs them in once within 15 minutes.
 *
 * @param input.role for a new operator OPERATOR by default; without it an operator who exists keeps theirs. It counts at
 *   once, in every session.
 */
export async function inviteOperator(tx: Tx, { name, role }: { name: string; role?: OperatorRole }): Promise<Invited> {
  const operator = await addOperator(tx, { name, role })
  const { text: token, hash } = createToken()
  const [{ expiresAt }] = await tx.$queryRaw<[{ expiresAt: Date }]>`
    INSERT INTO operator_link ("tokenHash", "operatorId", "expiresAt")
    VALUES (${hash}, ${operator.id}, now() + make_interval(mins => ${LINK_MINUTES}::int)) RETURNING "expiresAt"`
  return { operator, token, expiresAt }
}

/** Of two who add one name at once, the second finds whom the first has made. */
async function addOperator(tx: Tx, { name, role }: { name: string; role?: OperatorRole }): Promise<Operator> {
  await tx.operator.createMany({ data: [{ name, role: role ?? 'OPERATOR' }], skipDuplicates: true })
  const { id } = await tx.operator.findFirstOrThrow({ where: { name, revokedAt: null } })
  return tx.operator.update({ where: { id }, data: { role } })
}

/** The link that signs in: behind the #, which browsers keep to themselves, so that no server logs it. */
export function linkOf(consoleUrl: string, token: string): string {
  return `${consoleUrl}/#/sign-in/${token}`
}

/**
 * Ends an operator for ever, with their sessions and links: the next request of theirs is nobody's.
 *
 * @throws {NotFoundError}
 */
export async function revokeOperator(tx: Tx, name: string): Promise<Operator> {
  const found = await tx.operator.findFirst({ where: { name, revokedAt: null } })
  if (!found) throw new NotFoundError(operatorTexts.operator)
  return tx.operator.update({ where: { id: found.id }, data: { revokedAt: new Date() } })
}

/** An operator as others see them. */
export interface ShownOperator extends Omit<Operator, 'id'> {
  /** In how many browsers they are signed in. */
  sessions: number
}

/** Those who may sign in, then those who were revoked. */
export function listOperators(db: Pick<Tx, '$queryRaw'>): Promise<ShownOperator[]> {
  return db.$queryRaw`
    SELECT o.name, o.role::text, o."createdAt", o."revokedAt", (
      SELECT count(*)::int FROM operator_session s
      WHERE s."operatorId" = o.id AND o."revokedAt" IS NULL AND s."endedAt" IS NULL AND s."expiresAt" > now()) AS sessions
    FROM operator o ORDER BY o."revokedAt" IS NOT NULL, o.name, o."createdAt"`
}
