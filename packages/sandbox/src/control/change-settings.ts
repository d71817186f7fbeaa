import type { World } from '../world.ts'
import { readChanges, type Settings } from './settings.ts'

/**
 * Changes settings from now on; `publicKeyPercent: 'ramp'` starts at its first day.
 *
 * @throws {z.ZodError} when there is no such setting, or a value is out of range; then nothing is changed.
 */
export function changeSettings(world: World, changes: unknown): Settings {
  const changed = readChanges(changes)
  if (changed.publicKeyPercent === 'ramp') world.signing.rampSince = world.now()
  world.settings = { ...world.settings, ...changed }
  return world.settings
}
