/** `npm start`: says what it does before it loads the code for it, which takes a second or more. */
import './infra/node-version.ts'
import { openSteps } from './infra/steps.ts'

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

if (import.meta.main) {
  const steps = openSteps(say)
  process.once('exit', (code) => {
    if (code !== 0) steps.fail()
  })
  say('looklook-pay is starting')
  steps.begin('settings', 'reading')
  const { start } = await import('./start.ts')
  await start(steps)
}
