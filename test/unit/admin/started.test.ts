import { rm } from 'node:fs/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { withStarted } from '../../../src/admin.ts'
import { loadConfig } from '../../../src/config.ts'
import { openDataDir } from '../../../src/infra/data-dir.ts'
import { makeScratch } from '../../harness/scratch.ts'

const CONSOLE = 'http://127.0.0.1:51234/console'

async function openFolder() {
  const dataDir = openDataDir(await makeScratch('looklook-started-'))
  onTestFinished(() => rm(dataDir.path, { recursive: true, force: true }))
  return dataDir
}

/** Where the command says that the console is, beside an `npm start` whose console is there. */
async function consoleUrlBeside(url: string | undefined, settings: NodeJS.ProcessEnv = {}): Promise<string> {
  const dataDir = await openFolder()
  if (url !== undefined) dataDir.sayConsoleUrl(url)
  const found = consoleUrlOf({ DATA_DIR: dataDir.path, ...settings })
  dataDir.close()
  return found
}

function consoleUrlOf(settings: NodeJS.ProcessEnv): string {
  const env = withStarted(settings)
  return loadConfig({ ...env, DATABASE_URL: 'postgresql://127.0.0.1/looklook' }, 'admin').console.url
}

describe('the command beside npm start', () => {
  test('finds its console where that one really is', async () => {
    expect(await consoleUrlBeside(CONSOLE)).toBe(CONSOLE)
    expect(await consoleUrlBeside(CONSOLE, { PORT: '4100', HOST: '0.0.0.0' })).toBe(CONSOLE)
  })

  test('goes by CONSOLE_URL where that is set', async () => {
    const url = 'https://console.example.com'
    expect(await consoleUrlBeside(CONSOLE, { CONSOLE_URL: url })).toBe(url)
  })

  test('says where npm run console would be when that one has none, or has ended', async () => {
    expect(await consoleUrlBeside(undefined)).toBe('http://127.0.0.1:4002')
    expect(await consoleUrlBeside(undefined, { CONSOLE_PORT: '4102' })).toBe('http://127.0.0.1:4102')
    const dataDir = await openFolder()
    dataDir.sayConsoleUrl(CONSOLE)
    dataDir.close()
    expect(consoleUrlOf({ DATA_DIR: dataDir.path })).toBe('http://127.0.0.1:4002')
  })
})
