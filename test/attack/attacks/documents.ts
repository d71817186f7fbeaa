import { randomUUID } from 'node:crypto'
import type { Attack } from '../attack.ts'
import { operation, postAll, type Sent, times } from './http.ts'

/** Documents that differ, so that no cache answers for them. */
function flood(howMany: number, document: () => string): (index: number) => Sent[] {
  return () => times(howMany, () => ({ body: operation(`${document()} # ${randomUUID()}`) }))
}

function documentAttack(name: string, limit: string, refusals: string[], posts: (index: number) => Sent[]): Attack {
  return { name, limit, refusals, burst: ({ api }, count) => postAll(api, posts(0), count) }
}

/** A name that no other document has. */
const unique = () => `a${randomUUID().replaceAll('-', '')}`

export const documentAttacks: Attack[] = [
  documentAttack('bodies of 96 KB', 'LIMIT_BODY_BYTES', ['REQUEST_ENTITY_TOO_LARGE', '413'], () =>
    times(50, () => ({ body: operation(`{ me { id } } #${'x'.repeat(96 * 1024)}`) })),
  ),
  documentAttack(
    'comments of 30 KB',
    'LIMIT_DOCUMENT_TOKENS, LIMIT_DOCUMENT_CACHE_BYTES',
    ['GRAPHQL_PARSE_FAILED', 'BAD_USER_INPUT', '400'],
    flood(50, () => `{ me { id } }\n${'#x\n'.repeat(7_000)}`),
  ),
  documentAttack(
    'seventy aliased lists',
    'LIMIT_DATABASE_FIELDS',
    ['BAD_USER_INPUT'],
    flood(20, () =>
      `{ ${times(70, (index) => `${unique()}${index}: homestays { edges { node { id } } }`).join(' ')} }`.slice(
        0,
        30_000,
      ),
    ),
  ),
  documentAttack(
    'one field 240 times',
    'at most 100 fields of one name',
    ['GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED', 'BAD_USER_INPUT', '400'],
    flood(50, () => `{ ${'me { id } '.repeat(240)} ${unique()}: __typename }`),
  ),
  documentAttack(
    'deep nesting',
    'LIMIT_DOCUMENT_TOKENS',
    ['GRAPHQL_PARSE_FAILED', 'GRAPHQL_VALIDATION_FAILED', 'BAD_USER_INPUT', '400'],
    flood(50, () => `${'{a'.repeat(5_000)}${'}'.repeat(5_000)}`),
  ),
]
