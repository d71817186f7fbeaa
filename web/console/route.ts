import { routesOf } from '../kit/route.ts'

/** The views, in the order of the navigation. */
export const VIEWS = ['board', 'find', 'decide', 'bill', 'jobs', 'events', 'check'] as const
export type View = (typeof VIEWS)[number]

export const { hrefOf, openRoute } = routesOf(VIEWS)
export type Router = ReturnType<typeof openRoute>
