import { Command } from 'commander'
import { readName } from './arguments.ts'
import { addBillCommands } from './bill.ts'
import { addHeartbeatCommand } from './heartbeat.ts'
import { addJobCommands } from './jobs.ts'
import { addListenerCommands } from './listener.ts'
import { addOperatorCommands } from './operator.ts'
import { addOrderCommands } from './orders.ts'
import { addRefundCommands } from './refunds.ts'
import { addReviewCommands } from './review.ts'
import type { Terminal } from './terminal.ts'
import { addTimelineCommand } from './timeline.ts'
import { addWebhookCommands } from './webhook.ts'

/** The operator's command, `npm run admin -- …`. It rejects when what was asked for can't be done. */
export function createProgram(terminal: Terminal): Command {
  const program = new Command('admin')
    .description(
      'The operator’s command. It needs DATABASE_URL, as the processes have it, or finds the database of npm start by DATA_DIR.',
    )
    .option('--json', 'print one JSON document')
    .option('--dry-run', 'say what would change, and change nothing')
    .option('--as <name>', 'who wants it: stands in the trail; the user of this machine without it', readName)
    .option('--reason <text>', 'why: stands in the trail')
    .configureOutput({
      writeOut: (text) => terminal.say(text.trimEnd()),
      writeErr: (text) => terminal.complain(text.trimEnd()),
    })
    .showHelpAfterError()
    .exitOverride()
  addTimelineCommand(program, terminal)
  addReviewCommands(program, terminal)
  addRefundCommands(program, terminal)
  addJobCommands(program, terminal)
  addOrderCommands(program, terminal)
  addWebhookCommands(program, terminal)
  addListenerCommands(program, terminal)
  addBillCommands(program, terminal)
  addOperatorCommands(program, terminal)
  addHeartbeatCommand(program, terminal)
  return program
}
