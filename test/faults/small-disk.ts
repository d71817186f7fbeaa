import { execFileSync } from 'node:child_process'
import { mkdirSync, statfsSync } from 'node:fs'

const SIZE_KIB = 4 * 1024 ** 2

/** What may be written between the look at what is used and the new size. */
const MARGINS_KIB = [0, 64, 512, 4_096, 32_768]

/** A disk in memory, which can be full. */
export interface SmallDisk {
  /** Nothing can be written any more that needs room. */
  fill(): void
  /** There is room again. */
  free(): void
  unmount(): void
}

/** Mounts it at this folder. */
export function mountSmallDisk(folder: string): SmallDisk {
  mkdirSync(folder)
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_KIB}k,mode=0755`, 'looklook-faults', folder])
  const resize = (kib: number) =>
    execFileSync('mount', ['-o', `remount,size=${kib}k`, folder], { stdio: ['ignore', 'ignore', 'pipe'] })
  return {
    fill: () => {
      for (const margin of MARGINS_KIB) {
        const { blocks, bfree, bsize } = statfsSync(folder)
        try {
          resize(Math.ceil(((blocks - bfree) * bsize) / 1_024) + margin)
          return
        } catch {
          // More than that is used by now.
        }
      }
    },
    free: () => void resize(SIZE_KIB),
    unmount: () => void execFileSync('umount', ['--lazy', folder]),
  }
}
