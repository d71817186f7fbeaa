import { readEndpoint } from './faults.ts'
import { tableNames } from './ledger.ts'
import { parseJsonBody } from './parameters.ts'
import { PayError } from './pay-error.ts'
import type { Answer, Call, Route } from './route.ts'
import type { World } from './world.ts'

/** Everything the sandbox remembers except tokens and used codes. */
export function showLedger(world: World): Record<string, unknown[]> {
  const shown = tableNames.filter((name) => name !== 'accessTokens' && name !== 'usedCodes')
  return Object.fromEntries(shown.map((name) => [name, [...world.ledger[name].values()]]))
}

function listFaults(world: World): Answer {
  return { status: 200, json: world.faults.list() }
}

/** One fault or a list of them. */
function addFaults(world: World, call: Call): Answer {
  const faults = parseJsonBody(call.body)
  for (const fault of Array.isArray(faults) ? faults : [faults]) world.faults.add(fault)
  return listFaults(world)
}

function clearFaults(world: World, call: Call): Answer {
  const name = call.query.get('endpoint')
  const endpoint = readEndpoint(name)
  if (name !== null && endpoint === undefined) throw new PayError('PARAM_ERROR', `No endpoint is called ${name}`)
  world.faults.clear(endpoint)
  return listFaults(world)
}

export const controlRoutes: Route[] = [
  { method: 'GET', path: /^\/sandbox\/ledger$/, handle: (world) => ({ status: 200, json: showLedger(world) }) },
  { method: 'GET', path: /^\/sandbox\/faults$/, handle: listFaults },
  { method: 'POST', path: /^\/sandbox\/faults$/, handle: addFaults },
  { method: 'DELETE', path: /^\/sandbox\/faults$/, handle: clearFaults },
]
