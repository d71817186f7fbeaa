import { type RouteOf, routesOf } from '../kit/route.ts'

/** The views, in the order of the navigation. */
export const VIEWS = ['ledger', 'faults', 'clock', 'requests'] as const
/** And the phone that pays an order. */
const PLACES = [...VIEWS, 'pay'] as const
export type Route = RouteOf<(typeof PLACES)[number]>

export const { hrefOf, openRoute } = routesOf(PLACES)
export type Router = ReturnType<typeof openRoute>
