import { globSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { describe, expect, test } from 'vitest'
import { byName, clientSources, type Source, sandboxSources, sources, toolSources, webSources } from './sources.ts'

const all = [...sources, ...sandboxSources, ...clientSources, ...webSources]

/** Longer than others, and why. */
const LONG_FOR_A_REASON = [
  // One SQL statement.
  'payment/settlement/settle.ts settleRows',
  // A table of settings without a branch.
  'config/wechat.ts settings',
  // Closures over the life of a process, made of short functions.
  'process.ts runProcess',
  // The same over the life of a connection and of a view; each gives its few functions one state.
  '../client/src/pay-client.ts createPayClient',
  '../client/src/socket-stream.ts createSharedSocket',
  '../client/src/watch.ts watchPayment',
]

/** Where the compiler is told what it can't know. */
const AROUND_FOR_A_REASON = [
  // The bindings of Prisma's schema engine don't declare what takes the instance.
  'infra/schema-engine.ts',
  // What opens a socket as the class that graphql-ws wants.
  '../client/src/socket-class.ts',
  // What keeps an answer as the class that Yoga makes a `Response` with.
  'http/graphql/direct-post.ts',
]

/** Top-level functions and what is assigned one, with their number of lines. */
function measureFunctions({ path, text }: Source): { name: string; lines: number }[] {
  const starts = /^(?:export )?(?:default )?(?:(?:async )?function\*? (\w+)|const (\w+) = .*=> [{(]$)/
  const lines = text.split('\n')
  return lines.flatMap((line, index) => {
    const [, declared, assigned] = starts.exec(line) ?? []
    const name = declared ?? assigned
    if (!name) return []
    const ends = line.endsWith('}') ? 0 : lines.slice(index).findIndex((later) => later === '}' || later === '})')
    return [{ name: `${path} ${name}`, lines: ends + 1 }]
  })
}

describe('the shape of the code', () => {
  test('no file has more than 250 lines', () => {
    const long = all.filter(({ text }) => text.trimEnd().split('\n').length > 250)
    expect(long.map(({ path }) => path)).toEqual([])
  })

  test('no file of styles has more than 250 lines', () => {
    const styles = globSync('web/{kit,play,console,sandbox}/**/*.css')
    expect(styles.length).toBeGreaterThan(20)
    expect(styles.filter((path) => readFileSync(path, 'utf8').trimEnd().split('\n').length > 250)).toEqual([])
  })

  test('no function has more than 50 lines', () => {
    const functions = all.flatMap(measureFunctions)
    expect(functions.length).toBeGreaterThan(500)
    expect(functions.filter(({ lines }) => lines < 1).map(({ name }) => name)).toEqual([])
    const long = functions.filter(({ lines }) => lines > 50).map(({ name }) => name)
    expect(long.toSorted(byName)).toEqual(LONG_FOR_A_REASON.toSorted(byName))
  })

  test('every file is named after what it does', () => {
    const vague = all.filter(({ path }) => /^(index|utils?|helpers?|common|misc)\.tsx?$/.test(basename(path)))
    expect(vague.map(({ path }) => path)).toEqual([])
  })

  test('no code gets around the compiler, except for the reasons listed', () => {
    const around = /:\s*any\b|\bas any\b|<any\b|\bany\[\]|\bas unknown as\b/
    const switchedOff = /@ts-(ignore|expect-error|nocheck)/
    const found = all.filter(
      ({ code, text }) => around.test(code.replaceAll(/'[^'\n]*'/g, '')) || switchedOff.test(text),
    )
    expect(found.map(({ path }) => path).toSorted(byName)).toEqual(AROUND_FOR_A_REASON.toSorted(byName))
  })

  test('no test overrides a fixture for a whole file, since its worker keeps that for the files after it', () => {
    const overriding = toolSources.filter(({ text }) => /^test\.override\(/m.test(text))
    expect(overriding.map(({ path }) => path)).toEqual([])
  })
})
