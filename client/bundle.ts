import { rolldown } from 'rolldown'

export interface BundleOptions {
  input: string
  /** Where to write the bundle; without it nothing is written. */
  file?: string
  format: 'esm' | 'cjs' | 'iife'
  /** Replacements for imports. */
  alias?: Record<string, string>
}

/** Bundles everything into one file, for the oldest phones that mini-programs run on; returns its code. */
export async function bundleClient({ input, file, format, alias = {} }: BundleOptions): Promise<string> {
  const bundle = await rolldown({ input, platform: 'browser', resolve: { alias }, transform: { target: 'es2018' } })
  const output = { format, minify: true, ...(file === undefined ? {} : { file }) }
  const { output: chunks } = file === undefined ? await bundle.generate(output) : await bundle.write(output)
  await bundle.close()
  if (chunks.length !== 1) throw new Error(`the bundle has ${chunks.length} files instead of one`)
  return chunks[0].code
}
