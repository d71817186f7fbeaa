import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files that take longest, the longest first: whole deployments and a browser, which need the cores, and long waits. */
const LONGEST = [
  /\/test\/flows\/faults\./,
  /\/test\/flows\/events\./,
  /\/test\/integration\/abandoned-jobs\./,
  /\/test\/model\/money\./,
  // A deployment, a time-out or a lease is waited for where a browser computes: mixed, they leave neither core idle.
  /\/test\/(flows|browser|attack)\/|\/test\/integration\/(database-survival|doctor-servers|queue-database)\./,
  /\/test\/unit\/(claims|client\/package)\./,
]

/** The last of them begins when so much of the others has: none of them is left for one worker alone at the end. */
const BEGUN_BY = 0.8

/**
 * Starts with the files that take longest, and spreads them among the others of their project, which wait for a database most of
 * the time: one after the other, they would want more than the cores, and then less.
 */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = (await super.sort(files)).toSorted((one, other) => rankOf(one) - rankOf(other))
    const longest = sorted.filter((file) => rankOf(file) < LONGEST.length)
    const others = sorted.slice(longest.length)
    const project = longest[0]?.project.name
    const beside = others.filter((file) => file.project.name === project)
    const spread = [
      ...longest.map((file, nth) => ({ file, place: (nth / longest.length) * BEGUN_BY })),
      ...beside.map((file, nth) => ({ file, place: nth / beside.length })),
    ].toSorted((one, other) => one.place - other.place)
    return [...spread.map(({ file }) => file), ...others.filter((file) => file.project.name !== project)]
  }
}

function rankOf({ moduleId }: TestSpecification): number {
  const rank = LONGEST.findIndex((files) => files.test(moduleId))
  return rank === -1 ? LONGEST.length : rank
}
