import type { z } from 'zod'

/** What is wrong with a value: where, what WeChat's answer says of it, and the same in words. */
export interface Issue {
  /** `/amount/total`; `/` for the whole. */
  field: string
  isUnknownField: boolean
  message: string
  rule: string
}

/** What is wrong with `value`, first things first. Of several shapes it counts as the one that it comes closest to. */
export function issuesOf(error: z.ZodError, value: unknown): Issue[] {
  return flatten(error.issues, value, []).map(({ issue, path }) => {
    if (issue.code === 'unrecognized_keys') {
      const field = `/${[...path, issue.keys[0]].join('/')}`
      return { field, isUnknownField: true, message: issue.message, rule: 'is no field of this call' }
    }
    return {
      field: `/${path.join('/')}`,
      isUnknownField: false,
      message: issue.message,
      rule: ruleOf(issue, at(value, path)),
    }
  })
}

interface Placed {
  issue: z.core.$ZodIssue
  path: PropertyKey[]
}

function flatten(issues: readonly z.core.$ZodIssue[], value: unknown, parents: readonly PropertyKey[]): Placed[] {
  return issues.flatMap((issue) => {
    const path = [...parents, ...issue.path]
    if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [{ issue, path }]
    const shapes = issue.errors.map((errors) => flatten(errors, value, path))
    const [closest = []] = shapes.toSorted(
      (one, other) =>
        missing(one, value) - missing(other, value) || depth(other) - depth(one) || one.length - other.length,
    )
    return closest
  })
}

/** How many of these say that something is missing. */
function missing(placed: Placed[], value: unknown): number {
  return placed.filter(({ path }) => at(value, path) === undefined).length
}

function depth(placed: Placed[]): number {
  return Math.max(0, ...placed.map(({ path }) => path.length))
}

function ruleOf(issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code === 'custom') {
    const stated: unknown = issue.params?.['rule']
    return typeof stated === 'string' ? stated : issue.message
  }
  return value === undefined && issue.path.length > 0 ? 'is required' : issue.message
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<PropertyKey, unknown>)[key] : undefined,
    value,
  )
}
