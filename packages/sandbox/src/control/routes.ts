import { z } from 'zod'
import { PlantedList, plantInBills } from '../bill/planted.ts'
import type { Route } from '../http/route.ts'
import type { World } from '../world.ts'
import { ability } from './ability.ts'
import { changeSettings } from './change-settings.ts'
import { ClockSetting, moveClock, readClock } from './clock.ts'
import { FaultFilter, GivenFaults } from './fault.ts'
import { keyControls } from './keys.ts'
import { moneyRoutes } from './money.ts'
import { SettingChanges } from './settings.ts'
import { LedgerQuery, showLedger } from './show-ledger.ts'

const Nothing = z.strictObject({})

const settingRoutes: Route[] = [
  ability({
    method: 'GET',
    path: '/sandbox/settings',
    does: 'shows how the sandbox behaves',
    input: Nothing,
    handle: (world) => world.settings,
  }),
  ability({
    method: 'POST',
    path: '/sandbox/settings',
    does: 'changes how the sandbox behaves: what signs, how fast notices are repeated and refunds end, when bills are there',
    input: SettingChanges,
    handle: (world, changes) => changeSettings(world, changes),
  }),
  ability({
    method: 'GET',
    path: '/sandbox/clock',
    does: 'shows the sandbox’s clock',
    input: Nothing,
    handle: readClock,
  }),
  ability({
    method: 'POST',
    path: '/sandbox/clock',
    does: 'moves the sandbox’s clock: orders expire, notices are repeated, refunds end, days have their bills',
    input: ClockSetting,
    handle: moveClock,
  }),
]

const faultRoutes: Route[] = [
  ability({
    method: 'GET',
    path: '/sandbox/faults',
    does: 'lists the faults that are armed',
    input: Nothing,
    handle: ({ faults }) => faults.list(),
  }),
  ability({
    method: 'POST',
    path: '/sandbox/faults',
    does: 'arms a fault, or a list of them: what happens to which calls and notices',
    input: GivenFaults,
    handle: ({ faults }, given) => armAll(faults, [given].flat()),
  }),
  ability({
    method: 'DELETE',
    path: '/sandbox/faults',
    does: 'clears all faults, or those of one endpoint',
    input: FaultFilter,
    handle({ faults }, { endpoint }) {
      faults.clear(endpoint)
      return faults.list()
    },
  }),
]

function armAll(faults: World['faults'], given: Parameters<World['faults']['add']>): unknown {
  faults.add(...given)
  return faults.list()
}

export const controlRoutes: Route[] = [
  ...faultRoutes,
  ...moneyRoutes,
  ability({
    method: 'POST',
    path: '/sandbox/bill-differences',
    does: 'makes bills say something else about payments and refunds from now on; an empty list ends it',
    input: PlantedList,
    handle: plantInBills,
  }),
  ...settingRoutes,
  ...keyControls,
  ability({
    method: 'GET',
    path: '/sandbox/ledger',
    does: 'shows the ledger: orders, refunds, notices, complaints, messages, consents; all of it, the newest, or what mentions a number',
    input: LedgerQuery,
    handle: showLedger,
  }),
  ability({
    method: 'GET',
    path: '/sandbox/requests',
    does: 'lists the requests that the sandbox was sent, newest first, with the reason of each refusal in words',
    input: Nothing,
    handle: ({ requests }) => requests.list(),
  }),
]
