import { spawnSync } from 'node:child_process'
import { NGINX } from '../harness/shipped-nginx.ts'

/** What a rehearsal needs beside npm, and the Debian package that has it. */
const PACKAGES = {
  [NGINX]: 'nginx-light',
  'redis-server': 'redis-server',
  prometheus: 'prometheus',
  promtool: 'prometheus',
  npm: 'npm',
}

/** The packages of programs that aren't there. */
export function findMissingPackages(): string[] {
  const missing = Object.entries(PACKAGES).filter(([program]) => spawnSync(program, ['-v']).error !== undefined)
  return [...new Set(missing.map(([, name]) => name))]
}
