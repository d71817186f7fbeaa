import { runCommand } from '../../src/admin/run.ts'
import { loadConfig } from '../../src/config.ts'
import type { TestApp } from './app.ts'

export interface Ran {
  code: number
  /** Of standard output. */
  output: string
  /** Of standard error. */
  complaint: string
}

/** The operator's command, with these settings, on the database of a test, in this process. */
export function openOperator({ deps, databaseUrl }: TestApp, settings: NodeJS.ProcessEnv = {}) {
  const config = loadConfig({ DATABASE_URL: databaseUrl, ...settings }, 'admin')
  const admin = async (...args: string[]): Promise<Ran> => {
    const said: string[] = []
    const complained: string[] = []
    const terminal = {
      open: () => ({ config, db: deps.db, log: deps.log }),
      openDeps: async () => deps,
      openQueue: async () => deps.queue,
      say: (text: string) => void said.push(text),
      write: async (texts: AsyncIterable<string>) => {
        for await (const text of texts) said.push(text)
      },
      complain: (text: string) => void complained.push(text),
    }
    const code = await runCommand(terminal, args)
    return { code, output: said.join('\n'), complaint: complained.join('\n') }
  }
  const json = async <Result>(...args: string[]) => {
    const { code, output, complaint } = await admin(...args, '--json')
    if (code !== 0) throw new Error(`admin ${args.join(' ')} ended with ${code}: ${complaint}`)
    return JSON.parse(output) as Result
  }
  return { admin, json }
}
