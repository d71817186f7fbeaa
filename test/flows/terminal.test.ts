import { describe, expect, test } from 'vitest'
import { createDataDir } from '../harness/processes.ts'
import { hasTerminal, runInTerminal } from '../harness/terminal.ts'

describe('a process in a terminal', { skip: !hasTerminal() }, () => {
  test('shows its log to a person, up to its last line', async () => {
    const env = { DATA_DIR: await createDataDir(), SANDBOX_PORT: '0' }
    const shown = await runInTerminal('node src/sandbox.ts', { env })
    await shown.says(/WECHAT_TEMPLATE_REFUNDED/)
    shown.signal('SIGTERM')
    expect(await shown.ended).toEqual({ code: 0, signal: null })
    expect(shown.output()).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: process stopping\s*$/m)
    expect(shown.output()).not.toContain('"level"')
  })

  test('writes its log as JSON in production', async () => {
    const shown = await runInTerminal('node scripts/db-migrate.ts', {
      env: { NODE_ENV: 'production', DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/nothing' },
    })
    expect(await shown.says(/\{"level":"warn".*"msg":"server unavailable, trying again"\}/)).not.toBeNull()
  })
})
