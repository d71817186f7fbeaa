import type { Deps } from '../../src/deps.ts'

/** The deps without the statement that cancels a homestay order at once: closing then takes the careful way. */
export function closingCarefully(deps: Deps): Deps {
  const { HOMESTAY_ORDER: payable } = deps.payables
  if (!payable) throw new Error('no homestay orders')
  return { ...deps, payables: { ...deps.payables, HOMESTAY_ORDER: { ...payable, cancelQuery: undefined } } }
}
