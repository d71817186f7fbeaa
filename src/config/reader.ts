import { z } from 'zod'
import { SpokenError } from '../errors.ts'
import type { Text } from '../texts.ts'
import { faultTexts } from './texts.ts'

/** One variable that is wrong. Never contains its value, which may be a secret. */
export interface Problem {
  name: string
  /** Completes the sentence that begins with the name: "is missing", "must be …". */
  fault: Text
  example?: Text
}

/** The environment can't be used as it is; `message` names every wrong variable at once. */
export class ConfigError extends Error {
  readonly problems: Problem[]

  constructor(problems: Problem[]) {
    const lines = problems.map(
      ({ name, fault, example }) =>
        `  ${name} ${fault.en}${example === undefined ? '' : `, for example ${example.en}`}`,
    )
    const count = problems.length === 1 ? '1 setting needs' : `${problems.length} settings need`
    super([`${count} attention (.env.example describes all of them):`, ...lines].join('\n'))
    this.name = 'ConfigError'
    this.problems = problems
  }
}

export interface Setting<Value> {
  schema: z.ZodType<Value, string>
  /** Also the default, for settings that have one and where `withDefault` gets no other. */
  example: string
  /** What a person is shown in its place. */
  shown?: Text
}

export interface EnvReader {
  has(name: string): boolean
  /** The value; undefined when the variable is unset or empty, or wrong, which is reported. */
  optional<Value>(name: string, setting: Setting<Value>): Value | undefined
  /** The same, but an unset variable is reported too. */
  required<Value>(name: string, setting: Setting<Value>): Value | undefined
  /** The value, or the default in `text` when the variable is unset or wrong. */
  withDefault<Value>(name: string, setting: Setting<Value>, text?: string): Value
  report(name: string, fault: Text, example?: string): void
  readonly problems: Problem[]
}

/** A reader of variables that collects every problem. An empty variable counts as unset; quotes around one don't count. */
export function createReader(env: NodeJS.ProcessEnv): EnvReader {
  const problems: Problem[] = []
  const find = (name: string) => withoutQuotes(env[name]?.trim() ?? '') || undefined
  const report = (name: string, fault: Text, example?: Text) => void problems.push({ name, fault, example })

  const optional = <Value>(name: string, { schema, example, shown }: Setting<Value>): Value | undefined => {
    const text = find(name)
    if (text === undefined) return undefined
    const parsed = schema.safeParse(text)
    if (parsed.success) return parsed.data
    report(name, faultIn(parsed.error), shown ?? inAnyLanguage(example))
    return undefined
  }
  return {
    has: (name) => find(name) !== undefined,
    optional,
    required: (name, setting) => {
      if (find(name) === undefined) report(name, faultTexts.missing, setting.shown ?? inAnyLanguage(setting.example))
      return optional(name, setting)
    },
    withDefault: (name, setting, text = setting.example) =>
      optional(name, { ...setting, example: text }) ?? setting.schema.parse(text),
    report: (name, fault, example) => report(name, fault, example === undefined ? undefined : inAnyLanguage(example)),
    problems,
  }
}

/** A particular fault, instead of a setting's usual one: completes the sentence as {@link Problem} does, value unsaid. */
export class FaultError extends SpokenError {}

/** What zod is to report of a value that breaks a rule. */
export function broken(fault: Text): { message: string; params: { fault: Text } } {
  return { message: fault.en, params: { fault } }
}

function faultIn({ issues: [issue] }: z.ZodError): Text {
  const fault: unknown = issue?.code === 'custom' ? issue.params?.['fault'] : undefined
  return (fault as Text | undefined) ?? faultTexts.malformed
}

/** Of what is written the same in every language. */
function inAnyLanguage(text: string): Text {
  return { en: text, zh: text }
}

/** A schema of text that `read` parses; it reports `fault` when that throws anything but a {@link FaultError}. */
export function readBy<Value>(read: (text: string) => Value, fault: Text): z.ZodType<Value, string> {
  return z.string().transform((text, context) => {
    try {
      return read(text)
    } catch (error) {
      context.addIssue({ code: 'custom', ...broken(error instanceof FaultError ? error.text : fault) })
      return z.NEVER
    }
  })
}

/** Docker's --env-file and many consoles keep the quotes that a shell or a .env file takes off. */
function withoutQuotes(text: string): string {
  return /^(["'`])(.*)\1$/s.exec(text)?.[2]?.trim() ?? text
}
