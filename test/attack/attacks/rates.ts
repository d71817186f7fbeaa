import { randomUUID } from 'node:crypto'
import type { Attack } from '../attack.ts'
import type { TargetUrls } from '../target.ts'
import { operation, postAll, times } from './http.ts'

const SIGN_IN = `mutation ($code: String!) {
  wxLogin(input: { code: $code }) { ... on Session { accessToken } ... on Error { code message } }
}`
const REDEEM = `mutation ($code: String!) {
  redeemTradeCode(input: { tradeCode: $code }) { ... on HomestayOrder { sn } ... on Error { code message } }
}`

/** The token of one attacker, who signed in once as everybody may. */
const tokens = new Map<string, Promise<string>>()

function tokenOf({ api }: TargetUrls, name: string): Promise<string> {
  const known = tokens.get(api + name)
  if (known) return known
  const token = signIn(api, name)
  tokens.set(api + name, token)
  return token
}

async function signIn(api: string, name: string): Promise<string> {
  const headers = { 'content-type': 'application/json' }
  const body = operation(SIGN_IN, { code: `code-${name}` })
  const answer = await fetch(`${api}/graphql`, { method: 'POST', headers, body })
  const { data } = (await answer.json()) as { data: { wxLogin: { accessToken: string } } }
  return data.wxLogin.accessToken
}

async function postAs(urls: TargetUrls, name: string, bodies: string[], count: (answer: string) => void) {
  const headers = { authorization: `Bearer ${await tokenOf(urls, name)}` }
  await postAll(
    urls.api,
    bodies.map((body) => ({ body, headers })),
    count,
  )
}

export const rateAttacks: Attack[] = [
  {
    name: 'sign-ins with made-up codes',
    limit: 'LIMIT_SIGN_INS_PER_ADDRESS_MINUTE',
    refusals: ['RATE_LIMITED'],
    burst: ({ api }, count) =>
      postAll(
        api,
        times(50, () => ({ body: operation(SIGN_IN, { code: randomUUID() }) })),
        count,
      ),
  },
  {
    name: 'one user reads without end',
    limit: 'LIMIT_READS_PER_USER_MINUTE, LIMIT_OPERATIONS_IN_HAND_PER_CLIENT',
    refusals: ['RATE_LIMITED'],
    burst: (urls, count) => {
      const query = operation('{ homestayOrders { edges { node { sn } } } }')
      return postAs(
        urls,
        'reader',
        times(200, () => query),
        count,
      )
    },
  },
  {
    name: 'a host guesses codes',
    limit: 'five wrong codes lock redemption for 15 minutes',
    refusals: ['RATE_LIMITED'],
    burst: (urls, count) => {
      const guesses = times(20, (index) => operation(REDEEM, { code: `GUESS${String(index).padStart(3, '2')}` }))
      return postAs(urls, 'o_demo_host', guesses, count)
    },
  },
]
