import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { hasProgram } from '../../harness/programs.ts'
import { readRepositoryFile } from '../../unit/sources.ts'
import { startSandbox } from './merchant.ts'

const page = readRepositoryFile('docs/sandbox.md')
const root = join(import.meta.dirname, '../../..')

/** The commands of the page, each with the answer that is shown below it. */
const steps = [...page.matchAll(/```sh\n(.*?)```\n```(?:json|text)\n(.*?)```/gs)].map(
  ([, command = '', answer = '']) => ({ command, answer }),
)

function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)
}

/** What was answered, with the page's `…` wherever that stands for it. */
function asShown(given: unknown, shown: unknown): unknown {
  if (typeof shown === 'string') {
    const pattern = new RegExp(`^${shown.split('…').map(literally).join('[^]*')}$`)
    if (shown === '…') return given === undefined ? given : shown
    return typeof given === 'string' && pattern.test(given) ? shown : given
  }
  if (Array.isArray(shown) && Array.isArray(given)) {
    const listed = shown.filter((each) => each !== '…')
    const rest: unknown[] = listed.length === shown.length ? given.slice(listed.length) : ['…']
    return [...listed.map((each, index) => asShown(given[index], each)), ...rest]
  }
  if (typeof shown !== 'object' || typeof given !== 'object' || shown === null || given === null) return given
  const { '…': others, ...named } = shown as Record<string, unknown>
  const fields = given as Record<string, unknown>
  const compared = Object.entries(named).map(([name, each]) => [name, asShown(fields[name], each)])
  return { ...(others === undefined ? fields : { '…': others }), ...Object.fromEntries(compared) }
}

/** The text itself where it is no JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text.trim()
  }
}

/** A folder with `wechat.mjs` as printed, which finds the SDK; the merchant's settings, keys as paths; and where `node` is ours. */
async function prepare(env: Record<string, string>) {
  const folder = await mkdtemp(join(root, 'node_modules/.sandbox-document-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await writeFile(join(folder, 'wechat.mjs'), /```js\n(.*?)```/s.exec(page)?.[1] ?? '')
  const settings = Object.entries(env).map(async ([name, value]) => {
    if (!value.startsWith('-----BEGIN')) return [name, value] as const
    const path = join(folder, `${name}.pem`)
    await writeFile(path, value)
    return [name, path] as const
  })
  const path = `${dirname(process.execPath)}:${process.env['PATH']}`
  return { folder, settings: { ...Object.fromEntries(await Promise.all(settings)), PATH: path } }
}

/** Whether there is what the page's commands need. */
const canRunCommands = () =>
  ['bash', 'curl'].every((program) => hasProgram(program, { without: 'the commands of docs/sandbox.md are skipped' }))

describe.skipIf(!canRunCommands())('the page about the sandbox', () => {
  it('the commands of the page answer as it shows', { timeout: 600_000 }, async () => {
    const sandbox = await startSandbox({ refundDelayMs: 500, noticeScheduleFactor: 1 })
    const { folder, settings } = await prepare(sandbox.env)
    // One shell, as the reader's.
    const script = steps.map(({ command }) => `${command}printf '\\0'\n`).join('')
    const { stdout } = await promisify(execFile)('bash', ['-c', script], {
      cwd: folder,
      env: { ...settings, SANDBOX: sandbox.url, NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? folder },
    })
    const answers = stdout.split('\0')
    const compared = steps.map(({ command, answer }, index) => {
      const given = parse(answers[index] ?? '')
      return { command, answer: asShown(given, parse(answer)) }
    })
    expect(compared).toEqual(steps.map(({ command, answer }) => ({ command, answer: parse(answer) })))
  })

  it('the page shows each ability, and each call of WeChat’s', async () => {
    const sandbox = await startSandbox()
    const listed = (await (await fetch(sandbox.url)).json()) as Record<string, { path: string }[]>
    const commands = steps.map(({ command }) => command).join('')
    const isShown = ({ path }: { path: string }) => {
      const parts = path.split(/\{\w+\}/).map((part) => literally(part))
      return new RegExp(parts.join('[^/]+')).test(commands)
    }
    expect(
      Object.values(listed)
        .flat()
        .filter((each) => !isShown(each)),
    ).toEqual([])
  })
})
