import { describe, expect, test } from 'vitest'
import { createPayClient } from '../../../client/src/pay-client.ts'
import { createScriptedWx } from './scripted-wx.ts'

describe('a response that is not GraphQL', () => {
  test.for([
    [
      'our own server while it starts or stops',
      { code: 'FAIL', message: 'Starting or stopping, try again in a moment' },
    ],
    ['some other server', { status: 'ok' }],
  ] as const)(
    'a response that is not GraphQL, from %s, becomes a NETWORK problem that names the likely causes',
    async ([, body]) => {
      const { wx } = createScriptedWx({ answer: () => body })
      const client = createPayClient({ url: 'https://pay.example.com/graphql', token: () => 'token', wx })
      const message = 'The answer is no GraphQL: the server may be restarting, or the URL is wrong.'

      expect(await client.paymentStatus('P1')).toEqual({ ok: false, problem: { code: 'NETWORK', message } })
      client.close()
    },
  )
})
