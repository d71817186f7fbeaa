import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { addEnvFile } from '../../../src/config/env-file.ts'
import { readRepositoryFile } from '../sources.ts'

/** A folder with this `.env`. */
function folderWith(content: string | Buffer): string {
  const folder = mkdtempSync(join(tmpdir(), 'looklook-env-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, '.env'), content)
  return folder
}

/** What an environment becomes by this `.env`. */
function environmentBy(content: string | Buffer, env: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  addEnvFile(env, folderWith(content))
  return env
}

const PEM = '-----BEGIN PRIVATE KEY-----\nMIIEvQ+/8=\nAbC==\n-----END PRIVATE KEY-----'

describe('a .env in the working folder', () => {
  test.each([
    ['a value', 'PORT=5000', '5000'],
    ['a value after export, as a shell wants it', 'export PORT=5000', '5000'],
    ['spaces around it', '  PORT = 5000  ', '5000'],
    ['a comment after it', 'PORT=5000 # not 4000', '5000'],
    ['lines that end as on Windows', '# settings\r\nPORT=5000\r\nHOST=::1\r\n', '5000'],
    ['the mark that some editors begin a file with', '\uFEFFPORT=5000\n', '5000'],
    ['single quotes', `PORT='5000'`, '5000'],
    ['double quotes, and a comment', `PORT="5000" # not 4000`, '5000'],
    ['a # inside quotes', `PORT="a#b"`, 'a#b'],
    ['an apostrophe', `PORT=it's`, `it's`],
    ['a = in it', 'PORT=a=b==', 'a=b=='],
    ['nothing to be replaced', 'HOST=::1\nPORT=$HOST', '$HOST'],
    ['a key in double quotes, in its lines', `PORT="${PEM}"\nHOST=::1`, PEM],
    ['a key in single quotes, in its lines', `PORT='${PEM}'\nHOST=::1`, PEM],
    ['a key on one line', `PORT="${PEM.replaceAll('\n', '\\n')}"`, PEM],
    ['the last of two values', 'PORT=4000\nPORT=5000', '5000'],
    ['an empty value before it', 'HOST=\nPORT=5000', '5000'],
    ['an empty value with spaces before it', 'HOST=  \nPORT=5000', '5000'],
    ['an empty value with a comment before it', 'HOST= # none\nPORT=5000', '5000'],
    ['an empty value in quotes before it', 'HOST=""\nPORT=5000', '5000'],
  ])('is read with %s', (_what, content, value) => {
    expect(environmentBy(content)['PORT']).toBe(value)
  })

  test('adds what the environment lacks, for which an empty value counts as unset', () => {
    const content = 'PORT=5000\nHOST=::1\nREDIS_URL=redis://one\nKAFKA_TOPIC='
    const env = { PORT: '4100', HOST: '', REDIS_URL: ' ' }
    expect(environmentBy(content, env)).toEqual({ PORT: '4100', HOST: '::1', REDIS_URL: 'redis://one' })
  })

  test.each([
    ['a word', 'PORT=5000\nhunter2\n', 2],
    ['a name without a value', '\n# one\nPORT', 3],
    ['a name with a hyphen', 'MY-PORT=hunter2', 1],
    ['a key that isn’t in quotes', `PORT=5000\nKEY=${PEM}`, 3],
    ['a quote that is left open', 'PORT=5000\nKEY="hunter2\n', 2],
    ['something after the quote', 'KEY="hunter2"hunter2', 1],
    ['a # that would cut the value', 'DATABASE_URL=postgresql://me:hun#ter2@host/looklook', 1],
    ['a # that would leave nothing of the value', 'KEY=#hunter2', 1],
  ])('is refused with %s, by its path and the line, and without what it says', (_what, content, line) => {
    const folder = folderWith(content)
    const act = () => addEnvFile({}, folder)
    expect(act).toThrow(`Line ${line} of ${join(folder, '.env')} is not NAME=value`)
    expect(act).not.toThrow(/hun|MII/)
  })

  test('is refused where it is no text, or no file', () => {
    const utf16 = Buffer.from('\uFEFFPORT=5000', 'utf16le')
    expect(() => environmentBy(utf16)).toThrow(/\.env is not text in UTF-8/)
    const folder = folderWith('')
    expect(() => addEnvFile({ ENV_FILE: folder })).toThrow(`${folder} can't be read (EISDIR)`)
  })

  test('need not be there, except where ENV_FILE names it', () => {
    const folder = folderWith('PORT=5000')
    const env: NodeJS.ProcessEnv = {}
    expect(addEnvFile(env, join(folder, 'other'))).toBeUndefined()
    expect(env).toEqual({})
    expect(() => addEnvFile({ ENV_FILE: 'other.env' }, folder)).toThrow(/other\.env can't be read \(ENOENT\)/)
    expect(addEnvFile({ ENV_FILE: '' }, folder)).toBe(join(folder, '.env'))
  })

  test('is read by every command that runs a process', () => {
    const { scripts } = JSON.parse(readRepositoryFile('package.json')) as { scripts: Record<string, string> }
    const files = Object.values(scripts).flatMap((script) => /exec node .*?(\S+\.ts)$/.exec(script)?.[1] ?? [])
    expect(files.length).toBeGreaterThanOrEqual(9)
    // A rehearsal sets everything itself.
    const settable = files.filter((file) => file !== 'scripts/rehearse.ts')
    // What npm start runs is loaded once it has said that it begins.
    const without = settable
      .map((file) => file.replace('src/main.ts', 'src/start.ts'))
      .filter((file) => !/\brunProcess\(|\breadEnvironment\(/.test(readRepositoryFile(file)))
    expect(without).toEqual([])
  })

  test('is kept out of the repository, with its variants', () => {
    expect(readRepositoryFile('.gitignore').split('\n')).toEqual(expect.arrayContaining(['.env*', '!.env.example']))
  })
})
