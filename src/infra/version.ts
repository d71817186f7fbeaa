import { readFileSync } from 'node:fs'
import module from 'node:module'

/** The version of this code, as the nearest package.json says it: that of the repository, or the one beside `dist/`. */
export const version: string = readVersion()

function readVersion(): string {
  // Not imported by its name, which a Node that is too old couldn't link (node-version.ts).
  const path = module.findPackageJSON(import.meta.url)
  if (path === undefined) return 'unknown'
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as { version?: string }
  return manifest.version ?? 'unknown'
}
