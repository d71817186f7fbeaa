import { describe, expect, test } from 'vitest'
import { withStarted } from '../../../src/admin.ts'
import { loadConfig } from '../../../src/config.ts'

/** Where the command says that the console of an `npm start` is, with these settings. */
function consoleUrlOf(settings: NodeJS.ProcessEnv): string {
  const env = withStarted({ DATA_DIR: '/nowhere', ...settings })
  return loadConfig({ ...env, DATABASE_URL: 'postgresql://127.0.0.1/looklook' }, 'admin').console.url
}

describe('the command beside npm start', () => {
  test.each([
    [{}, 'http://127.0.0.1:4000/console'],
    [{ PORT: '4100' }, 'http://127.0.0.1:4100/console'],
    [{ HOST: 'localhost' }, 'http://localhost:4000/console'],
    [{ HOST: '::1' }, 'http://[::1]:4000/console'],
    [{ CONSOLE_URL: 'https://console.example.com' }, 'https://console.example.com'],
  ])('with %o finds its console at %s', (settings, url) => {
    expect(consoleUrlOf(settings)).toBe(url)
  })

  test.each(['0.0.0.0', '::', 'pay.internal'])('runs with HOST=%s too, where it has no console', (host) => {
    expect(consoleUrlOf({ HOST: host })).toBe('http://127.0.0.1:4002')
  })
})
