/**
 * `npm run check`: format, lint, types, migrations, unused code, and generated files that are up to date. Runs every
 * step, then lists failures.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

interface Step {
  name: string
  /** What to do when it fails. */
  remedy: string
  passes: () => boolean
}

const steps: Step[] = [
  {
    name: 'Prisma client',
    remedy: 'npm run generate',
    passes: prismaClientIsCurrent,
  },
  {
    name: 'client documents',
    remedy: 'npm run schema',
    passes: () => runs('graphql-codegen', '--config', 'codegen.ts', '--check'),
  },
  { name: 'format of the schema', remedy: 'npm run format', passes: () => runs('prisma', 'format', '--check') },
  {
    name: 'migrations',
    remedy: 'npm run migration NAME, or "Change the database" in CONTRIBUTING.md',
    passes: () => runs('node', 'scripts/check-migrations.ts'),
  },
  { name: 'format', remedy: 'npm run format', passes: () => runs('biome', 'check', '--error-on-warnings', '.') },
  {
    // With the client package, whose built types it sees as everybody does who installs it.
    name: 'example of a mini-program',
    remedy: 'npm run build -w examples/mini-program',
    passes: () => runs('npm', 'run', '--silent', 'build', '-w', 'examples/mini-program'),
  },
  {
    name: 'lint',
    remedy: 'fix what is listed above',
    passes: () => runs('oxlint', '--type-aware', '--deny-warnings', '--report-unused-disable-directives'),
  },
  {
    name: 'unused code',
    remedy: 'remove it, or say in knip.jsonc what it waits for',
    passes: () =>
      runs('knip', '--no-config-hints') && runs('knip', '--production', '--include', 'files', '--no-config-hints'),
  },
  {
    name: 'types',
    remedy: 'fix what is listed above',
    passes: () => ['.', 'web', 'examples/mini-program'].every((folder) => runs('tsc', '-p', folder)),
  },
  {
    name: 'docs/states.md',
    remedy: 'npm run states',
    passes: () => runs('node', 'scripts/print-states.ts', '--check'),
  },
  {
    name: 'schema.graphql and console.graphql',
    remedy: 'npm run schema',
    passes: () => runs('node', 'scripts/print-schema.ts', '--check'),
  },
]

function runs(command: string, ...args: string[]): boolean {
  // Prisma would download its schema engine, although formatting doesn't need it.
  const env = { PRISMA_SCHEMA_ENGINE_BINARY: '/bin/true', ...process.env }
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', env })
  if (error) throw error
  return status === 0
}

/** Compares the schema that the generated client contains, which is formatted, with the current one. */
function prismaClientIsCurrent(): boolean {
  const generated = 'prisma/client/internal/class.ts'
  if (!existsSync(generated)) return false
  const inlined = /"inlineSchema": ("(?:[^"\\]|\\.)*")/.exec(readFileSync(generated, 'utf8'))?.[1]
  return (
    inlined !== undefined &&
    withoutSpacing(JSON.parse(inlined)) === withoutSpacing(readFileSync('prisma/schema.prisma', 'utf8'))
  )
}

function withoutSpacing(schema: string): string {
  return schema.replace(/\s+/g, ' ')
}

const failed: Step[] = []
for (const step of steps) {
  const startedAt = performance.now()
  const passed = step.passes()
  if (!passed) failed.push(step)
  process.stdout.write(
    `${passed ? 'ok    ' : 'FAILED'} ${step.name} (${Math.round(performance.now() - startedAt)} ms)\n`,
  )
}
for (const step of failed) process.stdout.write(`${step.name}: ${step.remedy}\n`)
process.exitCode = failed.length === 0 ? 0 : 1
