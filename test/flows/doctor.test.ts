import { inject } from 'vitest'
import type { Finding } from '../../src/doctor/finding.ts'
import { describe, expect, test } from '../harness/app.ts'
import { environment, pretendWorker, serveSilence } from '../harness/doctor.ts'
import { run } from '../harness/processes.ts'

describe('npm run doctor', { skip: inject('redisUrl') === null }, () => {
  const command = ['node', 'scripts/doctor.ts']
  const fault = { WECHAT_APP_SECRET: '0'.repeat(32) }

  test('prints a line for each check, and exits with 0 when nothing is wrong', async ({ app }) => {
    await pretendWorker(app)
    const doctor = run(command, { env: environment(app) })
    expect((await doctor.ended).code).toBe(0)
    const lines = doctor.output().trimEnd().split('\n')
    expect(lines[0]).toBe('ok      settings: complete and well-formed')
    expect(lines.slice(0, -1).every((line) => line.startsWith('ok      '))).toBe(true)
    expect(lines.at(-1)).toBe('Nothing is wrong.')
  })

  test('prints what is wrong with its remedy, and exits with 1', async ({ app }) => {
    await pretendWorker(app)
    const doctor = run(command, { env: environment(app, fault) })
    expect((await doctor.ended).code).toBe(1)
    expect(doctor.output()).toContain(
      'WRONG   access token: the secret is not this app’s\n        correct WECHAT_APP_SECRET\n',
    )
    expect(doctor.output()).toMatch(/\n1 to mend\.\n$/)
  })

  test.for([
    ['nothing', {}, { ok: true, code: 0, wrong: [] }],
    ['a secret', fault, { ok: false, code: 1, wrong: ['access token'] }],
    ['a setting', { WECHAT_PAY_MCH_ID: 'x' }, { ok: false, code: 1, wrong: ['WECHAT_PAY_MCH_ID'] }],
  ] as const)('prints one JSON document with --json: %s is wrong', async ([, change, expected], { app }) => {
    await pretendWorker(app)
    const doctor = run([...command, '--json'], { env: environment(app, change) })
    const { code } = await doctor.ended
    const { ok, findings: found } = JSON.parse(doctor.output()) as { ok: boolean; findings: Finding<string>[] }
    const wrongChecks = found.filter(({ result }) => result === 'wrong').map(({ check }) => check)
    expect({ ok, code, wrong: wrongChecks }).toEqual(expected)
  })

  test.for([
    ['LC_ALL', { LC_ALL: 'zh_CN.UTF-8', LANG: 'en_US.UTF-8' }],
    ['LANG', { LC_ALL: '', LANG: 'zh_CN.UTF-8' }],
  ] as const)(
    'speaks Chinese under a Chinese %s, and keeps the names of checks in JSON',
    async ([, locale], { app }) => {
      await pretendWorker(app)
      const env = environment(app, { ...fault, ...locale })
      const [text, json] = [run(command, { env }), run([...command, '--json'], { env })]
      expect((await text.ended).code).toBe(1)
      expect(text.output()).toContain('正常 配置: 完整，格式正确\n')
      expect(text.output()).toContain(
        '有误 access_token 凭证: AppSecret 不是这个小程序的\n        请改正 WECHAT_APP_SECRET\n',
      )
      expect(text.output()).toMatch(/\n有 1 处要改。\n$/)
      await json.ended
      const { findings: found } = JSON.parse(json.output()) as { findings: Finding<string>[] }
      expect(found.filter(({ result }) => result === 'wrong')).toEqual([
        {
          check: 'access token',
          result: 'wrong',
          detail: 'AppSecret 不是这个小程序的',
          remedy: '请改正 WECHAT_APP_SECRET',
        },
      ])
    },
  )

  test('prints each finding at once, and exits although a server does not answer', async ({ app }) => {
    const doctor = run(command, { env: environment(app, { REDIS_URL: `redis://${await serveSilence()}` }) })
    await doctor.says(/ok {6}database: /)
    expect(doctor.output()).not.toContain('Redis')
    await doctor.says(/WRONG {3}Redis: no answer within 5 s/)
    expect((await doctor.ended).code).toBe(1)
  })
})
