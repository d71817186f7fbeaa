/** `paymentStatus` on Fastify and Mercurius with its JIT: the same session read, the same payment read, both prepared. */
import fastify from 'fastify'
import mercurius from 'mercurius'
import { Pool } from 'pg'
import { readSessionId } from './session.mjs'

const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 8 })

const SESSION = {
  name: 'session',
  text: `SELECT u.id, u.nickname, u."phoneNumber", u."createdAt", s."expiresAt" FROM session s
    JOIN "user" u ON u.id = s."userId" WHERE s.id = $1 AND s."revokedAt" IS NULL AND s."expiresAt" > now()`,
}
const PAYMENT = {
  name: 'payment',
  text: `SELECT sn, "orderSn", status, "tradeState", "payTotal", "payerTotal", "transactionId", "payTime", version
    FROM payment WHERE sn = $1 AND "userId" = $2`,
}

async function first(statement, values) {
  const { rows } = await pool.query({ ...statement, values })
  return rows[0] ?? null
}

const schema = `
  enum PayStatus { PENDING SUCCESS CLOSED REFUNDING REFUNDED }
  type Payment {
    sn: ID! orderSn: ID! status: PayStatus! tradeState: String payTotal: Int! payerTotal: Int transactionId: String
    payTime: String version: Int!
  }
  type Query { paymentStatus(sn: ID!): Payment }
`
const resolvers = {
  Query: {
    paymentStatus: (_root, { sn }, { viewer }) => first(PAYMENT, [sn, viewer.id]),
  },
  Payment: { payTime: ({ payTime }) => payTime?.toISOString() ?? null },
}

const app = fastify()
app.get('/ready', (_request, reply) => reply.send('ok'))
app.register(mercurius, {
  schema,
  resolvers,
  jit: 1,
  context: async ({ headers }) => {
    const sessionId = readSessionId(headers.authorization)
    const viewer = sessionId === null ? null : await first(SESSION, [sessionId])
    if (!viewer) throw new mercurius.ErrorWithProps('UNAUTHENTICATED', { code: 'UNAUTHENTICATED' }, 401)
    return { viewer }
  },
})
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
