import { SetupError } from './setup-error.ts'

/**
 * True when the module with this `import.meta` is the one that Node was started with.
 *
 * @throws {SetupError} on a Node before 24.2, which has no `import.meta.main`: every command would do nothing and
 *   succeed.
 */
export function isMain({ main }: { main?: boolean }, nodeVersion = process.versions.node): boolean {
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number)
  if (major < 24 || (major === 24 && minor < 2)) {
    throw new SetupError(`looklook-pay needs Node 24.2 or newer, and this is Node ${nodeVersion}.`)
  }
  return main === true
}
