import { operations } from './operations.js'

const POLL_MS = 300
const POLL_TRIES = 20

/** A top-level GraphQL error, or no response at all (`UNREACHABLE`). */
export class ApiError extends Error {
  constructor(code, message) {
    super(message)
    this.code = code
  }
}

/**
 * The GraphQL API for one user; every request and response is drawn in `traffic`.
 *
 * @param actor the lane that the requests start from: `guest` or `host`.
 * @returns `signIn(code)` and `call(name, variables)`, which resolves with the operation's only field. When the
 *   operation failed, its `code` says why.
 */
export function connectApi({ actor, traffic }) {
  let token = ''
  const draw = (name, variables) =>
    traffic.add({ from: actor, to: 'api', title: name, parts: [{ code: operations[name] }, { json: variables }] })
  const call = async (name, variables = {}, row = draw(name, variables)) => {
    const query = operations[name]
    const startedAt = performance.now()
    const answer = await send({ query, variables, token }).catch(() => undefined)
    const result = answer?.data?.[name]
    const problem =
      answer === undefined ? 'UNREACHABLE' : (answer.errors?.[0]?.extensions?.code ?? answer.errors?.[0]?.message)
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
    /** Polls until `isDone` accepts the result or the tries are used up; all of it is drawn as one row. */
    async poll(name, variables, isDone) {
      const row = draw(name, variables)
      let result = await call(name, variables, row)
      for (let tries = 1; tries < POLL_TRIES && !isDone(result); tries++) {
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
