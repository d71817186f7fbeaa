import { vi } from 'vitest'
import { createPayClient, type PayClientOptions } from '../../../client/src/pay-client.ts'
import { createScriptedWx, payment, problem } from './scripted-wx.ts'

export const HOUR_MS = 3_600_000
export const WEEK_MS = 7 * 24 * HOUR_MS
export const NOON = Date.parse('2026-06-01T12:00:00Z')

export const user = { id: 'U1', nickname: 'guest', phoneNumber: null }

/** A server whose sessions live for a week, and the phones of its guests. Its clock is right whatever that of a phone says. */
export function openServer() {
  const live = new Set<string>()
  let tokens = 0
  let skewMs = 0
  const answers: Record<string, () => object> = {}
  const start = () => {
    const accessToken = `token-${++tokens}`
    live.add(accessToken)
    const startedAt = Date.now() - skewMs
    const toTime = (ms: number) => new Date(startedAt + ms).toISOString()
    return { accessToken, refreshAfter: toTime(WEEK_MS / 2), expiresAt: toTime(WEEK_MS), user }
  }
  const answer = (operation: string, _variables: object, token: string): object => {
    const scripted = answers[operation]?.()
    if (scripted) return scripted
    if (operation === 'WxLogin') return { data: { wxLogin: { __typename: 'Session', ...start() } } }
    if (operation === 'Me' && token === '') return { data: { me: null } }
    if (!live.has(token)) return problem('UNAUTHENTICATED')
    if (operation === 'RefreshSession') {
      live.delete(token)
      return { data: { refreshSession: start() } }
    }
    if (operation === 'Logout') return { data: { logout: live.delete(token) } }
    return operation === 'Me' ? { data: { me: user } } : payment('SUCCESS')
  }
  return {
    live,
    answers,
    /** From now on the phones' clock is this much ahead. */
    setSkew: (ms: number) => {
      skewMs = ms
      vi.setSystemTime(Date.now() + ms)
    },
    openPhone({ storage = new Map<string, string>(), login = async () => 'code', ...options }: PhoneOptions = {}) {
      const { wx, requests } = createScriptedWx({ answer, login, storage })
      const client = createPayClient({ url: 'https://pay.example.com/graphql', wx, askForMessages: false, ...options })
      const sent = () =>
        requests
          .filter(({ operation }) => operation !== 'MessageTemplates')
          .map(({ operation, authorization = '' }) => `${operation} ${authorization.replace('Bearer ', '')}`.trim())
      return { client, storage, sent, requests }
    },
  }
}

interface PhoneOptions extends Partial<PayClientOptions> {
  storage?: Map<string, string>
  login?: () => Promise<string>
}

/** A phone that signed in, and its server. */
export async function givenSignedIn() {
  const server = openServer()
  const phone = server.openPhone()
  await phone.client.login()
  return { server, phone }
}
