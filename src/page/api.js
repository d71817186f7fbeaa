import { operations } from './operations.js'

const POLL_MS = 300
const POLL_TRIES = 20

/** A top-level error of GraphQL, or no answer at all (`AWAY`). */
export class ApiError extends Error {
  constructor(code, message) {
    super(message)
    this.code = code
  }
}

/**
 * The GraphQL API as one person uses it; the wire sees every request and its answer.
 *
 * @param actor whose lane the requests leave from: `guest` or `host`.
 * @returns `signIn(code)` and `call(name, variables)`, which gives the operation's only field: an object whose `code`
 *   says what went wrong, if something did.
 */
export function connectApi({ actor, wire }) {
  let token = ''
  const draw = (name, variables) =>
    wire.add({ from: actor, to: 'api', title: name, parts: [{ code: operations[name] }, { json: variables }] })
  const call = async (name, variables = {}, row = draw(name, variables)) => {
    const query = operations[name]
    const startedAt = performance.now()
    const answer = await send({ query, variables, token }).catch(() => undefined)
    const result = answer?.data?.[name]
    const problem =
      answer === undefined ? 'AWAY' : (answer.errors?.[0]?.extensions?.code ?? answer.errors?.[0]?.message)
    row.answer({
      failed: problem !== undefined || result?.code !== undefined,
      note: problem ?? summary(result),
      ms: Math.round(performance.now() - startedAt),
      parts: answer === undefined ? [] : [{ json: answer }],
    })
    if (problem !== undefined) throw new ApiError(problem, answer?.errors?.[0]?.message ?? '')
    return result
  }
  return {
    call,
    /** Asks until the answer is the wished one, or often enough; all of that is one row of the wire. */
    async poll(name, variables, isWished) {
      const row = draw(name, variables)
      let result = await call(name, variables, row)
      for (let tries = 1; tries < POLL_TRIES && !isWished(result); tries++) {
        await new Promise((resolve) => setTimeout(resolve, POLL_MS))
        result = await call(name, variables, row)
      }
      return result
    },
    token: () => token,
    async signIn(code) {
      const session = await call('wxLogin', { code })
      token = session.accessToken ?? ''
      return session
    },
    signOut: () => {
      token = ''
    },
  }
}

async function send({ query, variables, token }) {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify({ query, variables }),
  })
  return response.json()
}

function summary(result) {
  if (result === null || result === undefined) return 'null'
  if (result.code !== undefined) return result.code
  if (result.edges) return `× ${result.edges.length}`
  const state = result.tradeState ?? result.status
  return [state === undefined ? result.__typename : undefined, state, versionOf(result)].filter(Boolean).join(' ')
}

function versionOf({ version }) {
  return version === undefined ? '' : `v${version}`
}
