import { existsSync, readFileSync, writeFileSync } from 'node:fs'

/** Writes a file generated from the code. With `--check`, only reports an outdated file, and sets exit code 1. */
export function writeOrCheck(path: string, text: string, command: string): void {
  if (!process.argv.includes('--check')) {
    writeFileSync(path, text)
  } else if (!existsSync(path) || readFileSync(path, 'utf8') !== text) {
    process.stdout.write(`${path} differs from the code: run \`${command}\` and commit it\n`)
    process.exitCode = 1
  }
}
