import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** A load generator in a process of its own. */
export interface Generator<Job, Result> {
  pid: number
  /** Has it do a job; one at a time. @throws when the job fails. */
  run(job: Job): Promise<Result>
}

type Reply<Result> = { result: Result } | { failure: string }

/** Starts `bench/load/<name>.ts`, which answers each job by `serveJobs`; `stack` ends it. */
export function startGenerator<Job extends object, Result>(
  stack: AsyncDisposableStack,
  name: string,
): Generator<Job, Result> {
  const child = fork(fileURLToPath(new URL(`${name}.ts`, import.meta.url)), { serialization: 'advanced' })
  stack.defer(() => void child.kill())
  return {
    pid: child.pid ?? 0,
    run: (job) =>
      new Promise((resolve, reject) => {
        const onExit = (code: number | null) => reject(new Error(`the load generator ${name} ended with ${code}`))
        child.once('exit', onExit)
        child.once('message', (reply: Reply<Result>) => {
          child.off('exit', onExit)
          if ('result' in reply) resolve(reply.result)
          else reject(new Error(`${name}: ${reply.failure}`))
        })
        child.send(job)
      }),
  }
}

/** In the process of a load generator: does each job that its parent sends. */
export function serveJobs(work: (job: never) => Promise<unknown>): void {
  process.on('message', (job) => {
    work(job as never).then(
      (result) => process.send?.({ result }),
      (error: unknown) =>
        process.send?.({ failure: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    )
  })
}

/** Runs `call` for every item, `together` at a time. */
export async function eachOf<Item>(
  items: readonly Item[],
  together: number,
  call: (item: Item, runner: number) => Promise<unknown>,
): Promise<void> {
  const queue = items.values()
  const runner = async (_nothing: unknown, index: number) => {
    for (const item of queue) await call(item, index)
  }
  await Promise.all(Array.from({ length: together }, runner))
}
