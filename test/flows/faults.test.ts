import { describe, expect, inject, test } from 'vitest'
import { run } from '../harness/processes.ts'

/** Its log level and CI's strictness are those of this run. */
const env: Record<string, string> = process.env['CI'] === undefined ? {} : { CI: process.env['CI'] }
const command = ['node', 'test/faults/main.ts', '--patient']

describe('test:faults', { skip: inject('redisUrl') === null }, () => {
  test('finds nothing that is lost, whatever dies', async () => {
    const faulted = run([...command, '--each-trouble', '--guests', '5', '--seed', '233'], { env })
    expect(await faulted.ended, `It said:\n${faulted.output()}`).toEqual({ code: 0, signal: null })
    expect(faulted.output()).toMatch(/^violations 0$/m)
  })

  test('finds a mistake that loses money', async () => {
    // Among the first six guests of this seed, two pay what is cancelled.
    const plans = ['--calm', '--orders', '6', '--guests', '6', '--seed', '2']
    const broken = run([...command, ...plans, '--control', 'keeps-unapplied-money'], { env })
    expect(await broken.ended, `It said:\n${broken.output()}`).toEqual({ code: 0, signal: null })
    expect(broken.output()).toMatch(/^caught {2}keeps-unapplied-money/m)
  })
})
