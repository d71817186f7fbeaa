import type { Command } from 'commander'
import { OperatorRole } from '../../prisma/client/enums.ts'
import { change } from '../act/desk.ts'
import { inviteOperator, linkOf, listOperators, revokeOperator, type ShownOperator } from '../operator/account.ts'
import { readName, readOneOf } from './arguments.ts'
import { optionsOf, sayResult, type Terminal, wishOf } from './terminal.ts'

/** `admin operator …`: who may sign in to the console. */
export function addOperatorCommands(program: Command, terminal: Terminal): void {
  const operator = program.command('operator').description('who may sign in to the console (docs/console.md)')
  addAddCommand(operator, terminal)
  operator
    .command('list')
    .description('all operators, with the sessions that they have')
    .action(async (_options: object, command: Command) => {
      const operators = await listOperators(terminal.open().db)
      sayResult(terminal, optionsOf(command), { operators }, operators.map(describeOperator))
    })
  operator
    .command('revoke <name>')
    .description('ends an operator for ever, with all sessions and links, at once')
    .action(async (name: string, _options: object, command: Command) => {
      const options = optionsOf(command)
      const about = { action: 'operator revoke', number: name }
      const { revokedAt } = await change(terminal.open(), wishOf(options), about, (tx) => revokeOperator(tx, name))
      sayResult(terminal, options, { name, revokedAt }, [
        `${name} is signed out everywhere, and can’t sign in any more`,
      ])
    })
}

function addAddCommand(operator: Command, terminal: Terminal): void {
  operator
    .command('add')
    .argument('<name>', 'as it stands in the trail', readName)
    .description('makes an operator, or finds one, and prints a link that signs them in once')
    .option(
      '--role <role>',
      'viewer, who decides nothing, or operator; without it what they are, and an operator at first',
      readRole,
    )
    .action(async (name: string, { role }: { role?: OperatorRole }, command: Command) => {
      const options = optionsOf(command)
      const about = { action: 'operator add', number: name, detail: { role } }
      const opened = terminal.open()
      const invited = await change(opened, wishOf(options), about, (tx) => inviteOperator(tx, { name, role }))
      const { operator, token, expiresAt } = invited
      const said = `${name} is ${operator.role}`
      // What a dry run has made was taken back.
      if (options.dryRun) return sayResult(terminal, options, { name, role: operator.role }, [said])
      const link = linkOf(opened.config.console.url, token)
      sayResult(terminal, options, { name, role: operator.role, link, expiresAt }, [
        said,
        link,
        `It signs in once, until ${expiresAt.toISOString()}: whoever opens it first is ${name}.`,
      ])
    })
}

const roles = { viewer: OperatorRole.VIEWER, operator: OperatorRole.OPERATOR }

function readRole(text: string): OperatorRole {
  return roles[readOneOf(['viewer', 'operator'] as const)(text)]
}

function describeOperator({ name, role, createdAt, revokedAt, sessions }: ShownOperator): string {
  const state = revokedAt ? `revoked ${revokedAt.toISOString()}` : `${sessions} sessions`
  return `${name} ${role} since ${createdAt.toISOString()}, ${state}`
}
