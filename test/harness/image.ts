import { spawn } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { copyFromContext, readContext } from './build-context.ts'
import { readDockerfile, type Stage, type Step } from './dockerfile.ts'

/** What a stage of a Dockerfile comes to. */
export interface Image {
  /** The folder that is its root; what its base image has is missing there. */
  root: string
  workdir: string
  env: Record<string, string>
  /** As `1000:1000`; undefined for root. */
  user?: string
  /** ENTRYPOINT, CMD, HEALTHCHECK, STOPSIGNAL, VOLUME and EXPOSE, as they stand there. */
  settings: Record<string, string>
}

/** What is installed here already. */
const INSTALLED = 'npm ci --ignore-scripts'

export interface Build {
  /** `Dockerfile` by default. */
  dockerfile?: string
  /** Where each stage gets a folder. */
  folder: string
  /** Is told after each line of RUN. */
  onRun?: (line: string, workdir: string) => Promise<void>
}

/**
 * Builds stages of a Dockerfile without Docker, those that they are made of included: what they COPY and RUN is copied and
 * run as it stands there, each in a folder that was empty, but for one line: what `npm ci` installs for building is installed
 * here already. Instead of a base image there is this machine, so a RUN that names an absolute path is refused.
 */
export async function buildImages<Name extends string>(build: Build, names: Name[]): Promise<Record<Name, Image>> {
  const stages = readDockerfile(readFileSync(build.dockerfile ?? 'Dockerfile', 'utf8'))
  const context = readContext()
  const built = new Map<string, Promise<Image>>()
  const get = (name: string): Promise<Image> | undefined => {
    const stage = stages.find((each) => each.name === name)
    if (stage && !built.has(name)) built.set(name, buildStage(build, stage, { context, get }))
    return built.get(name)
  }
  const building = names.map(async (name) => [name, await get(name)] as const)
  // All of them end: whoever removes the folder shall not find somebody at work there.
  await Promise.allSettled(building)
  const images = await Promise.all(building)
  return Object.fromEntries(images) as Record<Name, Image>
}

interface Others {
  context: string[]
  /** Another stage; undefined for an image. */
  get: (name: string) => Promise<Image> | undefined
}

async function buildStage(build: Build, { name, from, steps }: Stage, others: Others): Promise<Image> {
  const root = join(build.folder, name)
  mkdirSync(root)
  const base = await others.get(from)
  if (base) await runToEnd('cp', ['-al', `${base.root}/.`, root])
  const image: Image = { ...(base ?? { workdir: '/', env: {}, settings: {} }), root }
  image.env = { ...image.env }
  image.settings = { ...image.settings }
  for (const step of steps) await take(build, image, step, others)
  return image
}

async function take(build: Build, image: Image, { keyword, flags, text }: Step, others: Others): Promise<void> {
  const here = (path: string) => join(image.root, resolve(image.workdir, path)) + (path.endsWith('/') ? '/' : '')
  const known = { COPY: ['from'], RUN: ['mount'], HEALTHCHECK: Object.keys(flags) }[keyword] ?? []
  const strange = Object.keys(flags).filter((flag) => !known.includes(flag))
  if (strange.length > 0) throw new Error(`${keyword} --${strange.join(' --')} isn't known here`)
  switch (keyword) {
    case 'WORKDIR':
      image.workdir = resolve(image.workdir, text)
      return makeWorkdir(image)
    case 'USER':
      image.user = text
      return
    case 'ENV':
    case 'ARG':
      for (const [, name = '', value = ''] of text.matchAll(/(\w+)=(?:""|(\S*))/g)) image.env[name] = value
      return
    case 'COPY':
      return copy(text.split(/\s+/), { from: flags['from'], here, others })
    case 'RUN':
      return runLine(build, image, text)
    default:
      image.settings[keyword] = text
  }
}

/** A folder that isn't there is the user's: in the base image it is, and is the user's home. */
function makeWorkdir({ root, workdir, user }: Image): void {
  const path = join(root, workdir)
  if (existsSync(path)) return
  mkdirSync(path, { recursive: true })
  const [uid = 0, gid = 0] = user?.split(':').map(Number) ?? []
  if (user && process.getuid?.() === 0) chownSync(path, uid, gid)
}

async function copy(
  paths: string[],
  { from, here, others }: { from: string | undefined; here: (path: string) => string; others: Others },
): Promise<void> {
  const target = here(paths.at(-1) ?? '')
  const sources = paths.slice(0, -1)
  if (from === undefined) return copyFromContext(others.context, sources, target)
  const other = await others.get(from)
  if (!other) throw new Error(`COPY --from=${from}: there is no such stage`)
  mkdirSync(target, { recursive: true })
  for (const source of sources) await runToEnd('cp', ['-al', `${join(other.root, source)}/.`, target])
}

async function runLine({ onRun }: Build, image: Image, line: string): Promise<void> {
  const workdir = join(image.root, image.workdir)
  if (line === INSTALLED) return symlinkSync(resolve('node_modules'), join(workdir, 'node_modules'))
  if (/(^|[\s='"])\/(?!dev\/null)/.test(line)) throw new Error(`RUN ${line}: this would be the machine's own path`)
  const [uid, gid] = image.user?.split(':').map(Number) ?? []
  const env = { ...process.env, NODE_ENV: undefined, npm_config_prefer_offline: 'true', ...image.env }
  const asUser = process.getuid?.() === 0 ? { uid, gid } : {}
  await runToEnd('sh', ['-c', line], { cwd: workdir, env, ...asUser })
  await onRun?.(line, workdir)
}

interface Options {
  cwd?: string
  env?: NodeJS.ProcessEnv
  uid?: number
  gid?: number
}

/** @returns what it wrote. @throws {Error} with that when it fails. */
export async function runToEnd(program: string, args: string[], options: Options = {}): Promise<string> {
  const path = `${dirname(process.execPath)}:${process.env['PATH']}`
  const env = { ...(options.env ?? process.env), PATH: path }
  const child = spawn(program, args, { ...options, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  child.stdout.on('data', (chunk) => (output += String(chunk)))
  child.stderr.on('data', (chunk) => (output += String(chunk)))
  const code = await new Promise<number | null>((end, reject) => {
    child.once('error', reject)
    child.once('close', end)
  })
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${output}`)
  return output
}
