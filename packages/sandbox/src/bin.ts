#!/usr/bin/env node
// Imports nothing: it must run where Node is too old for the rest, and say so.

/** Has `node:sqlite` without a flag. */
const OLDEST = { major: 22, minor: 13 }

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor)) {
  const { runCommand } = await import('./command.ts')
  await runCommand(process.argv.slice(2))
} else {
  process.stderr.write(
    `The WeChat sandbox needs Node ${OLDEST.major}.${OLDEST.minor} or newer, and this is Node ${process.versions.node}.\n`,
  )
  process.exitCode = 1
}
