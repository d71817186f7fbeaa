import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import util from 'node:util'

/** The file of settings can't be used as it is. `message` names it, says what to do, and quotes nothing of it. */
export class EnvFileError extends Error {
  override readonly name = 'EnvFileError'
}

/** Of whatever is no line of settings, Node's parser says nothing, and goes on with what it makes of it. */
const ENTRY =
  /[ \t]*(?:(?:export )?([A-Za-z_]\w*) *=[ \t]*(?:"[^"]*"|'[^']*'|`[^`]*`|(?:[^\s#"'`](?:[^\n#]|(?<=[ \t])#)*)?))?[ \t]*(?:(?<![^\s"'`])#.*)?(?:\n|$)/y

/**
 * Adds to the environment what the file of settings says: `.env` in the working folder, where there is one, or the file that
 * ENV_FILE names. What the environment has already wins; an empty value counts as unset, in either.
 *
 * @returns the file's path; undefined where there is none, or nothing in it.
 * @throws {EnvFileError} when the file can't be read, or some of it isn't `NAME=value`.
 */
export function addEnvFile(env: NodeJS.ProcessEnv, folder = process.cwd()): string | undefined {
  const named = env['ENV_FILE']?.trim()
  const path = resolve(folder, named || '.env')
  const text = readText(path, { mayBeMissing: !named })
  if (text === undefined) return undefined
  const values = util.parseEnv(text)
  const faultyLine = findFault(text, values)
  if (faultyLine !== undefined) {
    throw new EnvFileError(
      `Line ${faultyLine} of ${path} is not NAME=value: write it so, with quotes around a value that has several lines or a #.`,
    )
  }
  const settings = Object.entries(values)
  for (const [name, value] of settings) {
    if (value?.trim() && !env[name]?.trim()) env[name] = value
  }
  return settings.length > 0 ? path : undefined
}

/**
 * Without the mark that some editors begin a file with, with Unix's line ends, and without blanks in place of a value, for
 * which Node's parser takes the next line.
 */
function readText(path: string, { mayBeMissing }: { mayBeMissing: boolean }): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path))
    return text.replaceAll(/\r\n?/g, '\n').replaceAll(/=[ \t]+$/gm, '=')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' && mayBeMissing) return undefined
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
      throw new EnvFileError(`${path} is not text in UTF-8: save it as such.`, { cause: error })
    throw new EnvFileError(
      `${path} can't be read (${code}): make it a file that this user may read, or set ENV_FILE to another.`,
      { cause: error },
    )
  }
}

/** The first line that is no setting, or whose setting isn't among these values. */
function findFault(text: string, values: NodeJS.Dict<string>): number | undefined {
  const entry = new RegExp(ENTRY)
  while (entry.lastIndex < text.length) {
    const { lastIndex } = entry
    const found = entry.exec(text)
    const [, name] = found ?? []
    if (!found || (name !== undefined && values[name] === undefined)) return text.slice(0, lastIndex).split('\n').length
  }
  return undefined
}
