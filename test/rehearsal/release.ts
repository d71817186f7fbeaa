import { readFileSync } from 'node:fs'
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What a tree of the code consists of. */
interface Layout {
  /** The folders of what a version brings itself; the packages in `node_modules` may be those of another version. */
  own: string[]
  migrations: string
  /** What is run of a source, like `src/api.ts`. */
  file(source: string): string
}

/** What `npm run build` writes. */
export const BUILT: Layout = {
  own: ['dist'],
  migrations: 'dist/prisma/migrations',
  file: (source) => join('dist', source.replace(/\.ts$/, '.js')),
}

export const SOURCES: Layout = {
  own: ['src', 'prisma', 'scripts'],
  migrations: 'prisma/migrations',
  file: (source) => source,
}

/** A version of the code that can be run. */
export interface Release {
  version: string
  /** Where its processes are started. */
  root: string
  layout: Layout
}

/** The release whose package.json is in `root`. */
export function openRelease(root: string, layout: Layout): Release {
  return { version: readManifest(root).version, root, layout }
}

/** After all that there are, in whichever order the next ones come. */
const MIGRATION = '99990101000000_rehearsal'

/**
 * Only adds, so that processes of the version before go on; and takes the tables that they write in the order in which they lock
 * them, or a booking would end in a deadlock.
 */
const EXPANSION = `
ALTER TABLE "homestay_order" ADD COLUMN "rehearsal" TEXT;
ALTER TABLE "payment" ADD COLUMN "rehearsedAt" TIMESTAMPTZ(3);
CREATE TABLE "rehearsal" ("paymentSn" TEXT PRIMARY KEY REFERENCES "payment" ("sn"));
`

/** The release that follows: the same code under the next version, in a new folder, and a migration that it brings. */
export async function makeNextRelease({ root, layout }: Release, folder: string): Promise<Release> {
  await mkdir(folder)
  for (const own of layout.own) await cp(join(root, own), join(folder, own), { recursive: true })
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
  const manifest = readManifest(root)
  const version = manifest.version.replace(/\d+$/, (patch) => `${Number(patch) + 1}`)
  await writeFile(join(folder, 'package.json'), JSON.stringify({ ...manifest, version }, null, 2))
  await mkdir(join(folder, layout.migrations, MIGRATION))
  await writeFile(join(folder, layout.migrations, MIGRATION, 'migration.sql'), EXPANSION)
  return openRelease(folder, layout)
}

function readManifest(root: string): { version: string } {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
}
