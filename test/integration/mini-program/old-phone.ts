import { type Context, createContext, runInContext } from 'node:vm'

/** What the language got after ECMAScript 2018, by where it is found. */
const NEWER: Record<string, string[]> = {
  'Array.prototype': [
    'at',
    'findLast',
    'findLastIndex',
    'flat',
    'flatMap',
    'toReversed',
    'toSorted',
    'toSpliced',
    'with',
  ],
  'String.prototype': ['at', 'isWellFormed', 'matchAll', 'replaceAll', 'toWellFormed', 'trimEnd', 'trimStart'],
  Array: ['fromAsync'],
  Object: ['fromEntries', 'groupBy', 'hasOwn'],
  Promise: ['allSettled', 'any', 'try', 'withResolvers'],
  // Mini-programs have no Intl on every phone.
  globalThis: ['AggregateError', 'BigInt', 'FinalizationRegistry', 'Intl', 'Iterator', 'WeakRef'],
}

/** The global objects of a mini-program on the oldest phone: the language of 2018, and what is given. */
export function createOldPhone(globals: Record<string, unknown>): Context {
  const context = createContext(globals)
  for (const [owner, names] of Object.entries(NEWER)) {
    for (const name of names) runInContext(`delete ${owner}.${name}`, context)
  }
  return context
}
