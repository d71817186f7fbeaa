import { SetupError } from './setup-error.ts'

/**
 * Whether a module, known by its `import.meta`, is what Node was started with.
 *
 * @throws {SetupError} on a Node before 24.2, which doesn't say: every command would do nothing there, and succeed.
 */
export function isMain({ main }: { main?: boolean }, nodeVersion = process.versions.node): boolean {
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number)
  if (major < 24 || (major === 24 && minor < 2)) {
    throw new SetupError(`looklook-pay needs Node 24.2 or newer, and this is Node ${nodeVersion}.`)
  }
  return main === true
}
