import { rolldown } from 'rolldown'

export interface BundleOptions {
  input: string
  /** Where to write it; nowhere when absent. */
  file?: string
  format: 'esm' | 'cjs' | 'iife'
  /** What imports stand for. */
  alias?: Record<string, string>
}

/** One file with everything in it, for the oldest phones that mini-programs run on; answers its code. */
export async function bundleClient({ input, file, format, alias = {} }: BundleOptions): Promise<string> {
  const bundle = await rolldown({ input, platform: 'browser', resolve: { alias }, transform: { target: 'es2018' } })
  const output = { format, minify: true, ...(file === undefined ? {} : { file }) }
  const { output: chunks } = file === undefined ? await bundle.generate(output) : await bundle.write(output)
  await bundle.close()
  if (chunks.length !== 1) throw new Error(`the bundle has ${chunks.length} files instead of one`)
  return chunks[0].code
}
