import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, readFileSync, statSync } from 'node:fs'
import { basename, join, normalize, relative } from 'node:path'
import dockerignore from '@balena/dockerignore'

/** The files of the repository that a build sees: those that git knows or would, less those of .dockerignore. */
export function readContext(): string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 ** 2,
  })
  const files = listed.split('\0').filter((path) => path !== '' && existsSync(path))
  return dockerignore.default().add(readFileSync('.dockerignore', 'utf8')).filter(files)
}

/** COPY: what is copied to a path, which is a folder where it ends in a slash. @throws {Error} when there is no such source. */
export function copyFromContext(files: string[], sources: string[], target: string): void {
  for (const source of sources.map((path) => normalize(path))) {
    const inside = source === '.' ? files : files.filter((path) => path.startsWith(`${source}/`))
    for (const path of inside) cpSync(path, join(target, relative(source, path)))
    const isFile = files.includes(source)
    if (isFile) cpSync(source, isFolder(target) || sources.length > 1 ? join(target, basename(source)) : target)
    if (!isFile && inside.length === 0) throw new Error(`COPY ${source}: the build context has no such file`)
  }
}

function isFolder(path: string): boolean {
  return path.endsWith('/') || (existsSync(path) && statSync(path).isDirectory())
}
