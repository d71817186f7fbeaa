/**
 * Ends the process with a sentence where Node is too old. What Node is started with imports this before anything else: it runs
 * before the rest, if the rest can be linked. So nothing may be imported by name from Node, in `src/`, that an older one lacks:
 * `crypto.randomUUIDv7` isn't, and `node:sqlite` is asked for when it is needed.
 */

/** Has `crypto.randomUUIDv7`. */
const OLDEST = { major: 24, minor: 16 }

/** What a person has to know who runs this version of Node; undefined where it will do. */
export function complainAboutNode(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor)) return undefined
  const oldest = `${OLDEST.major}.${OLDEST.minor}`
  return `looklook-pay needs Node ${oldest} or newer, and this is Node ${version}: start it by npm run, which finds the Node that npm ci installed, or install Node 24.`
}

const complaint = complainAboutNode(process.versions.node)
if (complaint !== undefined) {
  process.stderr.write(`${complaint}\n`)
  process.exit(1)
}
