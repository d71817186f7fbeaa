import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { hasProgram } from '../../harness/programs.ts'

/** The commands of a page, in their order and without comments; what is a name or a sentence in them differs by language. */
const commandsOf = (page: string) =>
  [...readFileSync(page, 'utf8').matchAll(/```sh\n(.*?)```/gs)].map(([, block = '']) =>
    block.replaceAll(/ *#.*$/gm, '').replaceAll(/'(Li Lei|李雷)'/g, 'NAME'),
  )

describe('the commands of the READMEs', () => {
  test.each(['', 'packages/sandbox/'])('are the same in both languages, in %sREADME.md', (folder) => {
    const english = commandsOf(`${folder}README.md`)
    const chinese = commandsOf(`${folder}README.zh-CN.md`)
    expect(chinese.length).toBeGreaterThan(2)
    // The page in English has more: the purchase by hand.
    expect(english.filter((block) => chinese.includes(block))).toEqual(chinese)
  })

  const hasEnvsubst = hasProgram('envsubst', {
    package: 'gettext-base',
    without: 'the template of nginx is not filled in',
  })
  test.runIf(hasEnvsubst)('fill in the template of nginx, and leave its own variables', () => {
    const folder = mkdtempSync(join(tmpdir(), 'looklook-readme-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const filling = commandsOf('README.md').find((block) => block.includes('envsubst')) ?? ''
    const here = filling.replaceAll('/etc/nginx/conf.d', folder)
    expect(here).not.toBe(filling)
    execFileSync('bash', ['-euc', `nginx() { true; }\n${here}`])
    const filled = readFileSync(join(folder, 'looklook-pay.conf'), 'utf8')
    expect(filled).not.toContain('${')
    expect(filled).toMatch(/listen +443 ssl;\n +server_name pay\.example\.com;/)
    expect(filled.match(/server 127\.0\.0\.1:\d+ /g)).toHaveLength(2)
    expect(filled).toMatch(/Host +\$host;/)
  })
})
