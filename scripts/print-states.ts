/** `npm run states`: draws docs/states.md from the state tables in the code; `--check` only checks it. */
import type { TransitionTable } from '../src/infra/transitions.ts'
import { orderTransitions } from '../src/order/state.ts'
import { LIVE_REFUNDS, paymentTransitions, refundTransitions } from '../src/payment/state.ts'
import { writeOrCheck } from './generated-file.ts'

function draw<State extends string>(table: TransitionTable<State>, first: State): string {
  const states = Object.keys(table) as State[]
  const arrows = states.flatMap((from) => table[from].map((to) => `  ${from} --> ${to}`))
  const ends = states.filter((state) => table[state].length === 0).map((state) => `  ${state} --> [*]`)
  const rows = states.map((from) => `| ${from} | ${table[from].join(', ') || 'nothing'} |`)
  const diagram = ['```mermaid', 'stateDiagram-v2', `  [*] --> ${first}`, ...arrows, ...ends, '```']
  return [...diagram, '', '| state | may become |', '|---|---|', ...rows].join('\n')
}

const page = `# States

Drawn from \`src/payment/state.ts\` and \`src/order/state.ts\` by \`npm run states\`; don't edit.

## Payment

The status of a payment is one function of its facts (\`statusOf\`): what was paid, whether it was closed, what went back,
and how many refunds are live. The database holds the same rule by CHECK constraints.

${draw(paymentTransitions, 'PENDING')}

## Refund

${LIVE_REFUNDS.join(', ')} are live: they may still give money back. A refund that is SUCCESS or CLOSED moves nothing any more.

${draw(refundTransitions, 'REQUESTED')}

## Homestay order

${draw(orderTransitions, 'WAIT_PAY')}
`

writeOrCheck('docs/states.md', page, 'npm run states')
