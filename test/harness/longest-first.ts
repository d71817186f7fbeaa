import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Folders whose files take longest, the longest first: whole deployments, and a browser. */
const LONGEST = ['/test/flows/faults.', '/test/flows/events.', '/test/flows/', '/test/browser/', '/test/attack/']

/** Starts with the files that take longest, so that none of them is left for one worker alone at the end. */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return sorted.toSorted((one, other) => rankOf(one) - rankOf(other))
  }
}

function rankOf({ moduleId }: TestSpecification): number {
  const rank = LONGEST.findIndex((part) => moduleId.includes(part))
  return rank === -1 ? LONGEST.length : rank
}
