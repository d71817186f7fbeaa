import { describe, expect, test } from 'vitest'
import { openLogger } from '../../../src/infra/logger.ts'
import { openTerminalFormat } from '../../../src/infra/terminal-format.ts'

/** What a terminal without colours shows of what is logged. */
function shown(write: (log: ReturnType<typeof openLogger>) => void): string {
  const format = openTerminalFormat({ colorize: false })
  if (!format) throw new Error('pino-pretty is not installed')
  let text = ''
  write(openLogger('trace', { write: (line) => void (text += format(line)) }))
  return text
}

const isControl = (character: string) => character < ' ' || (character >= '\u007f' && character <= '\u009f')

describe('the log in a terminal', () => {
  test('is one line for a person, with the time, the level and what belongs to it', () => {
    const text = shown((log) => log.child({ part: 'sandbox' }).warn({ outTradeNo: 'PA1' }, 'payment settled'))
    expect(text).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] WARN: payment settled \{"part":"sandbox","outTradeNo":"PA1"\}\n$/)
  })

  test('shows where an error comes from, in lines of its own', () => {
    const text = shown((log) => log.error({ err: new Error('no answer') }, 'query failed'))
    expect(text).toMatch(/ERROR: query failed *\n[^]*no answer[^]*terminal-format\.test\.ts/)
  })

  test('masks what is secret, as everywhere', () => {
    const text = shown((log) => log.info({ config: { apiV3Key: 'hunter2' } }, 'redis://looklook:hunter2@cache is away'))
    expect(text).not.toContain('hunter2')
  })

  // What a client or WeChat sent may be logged.
  test('passes no control characters on, which a terminal would obey', () => {
    const evil = 'a\u001b[2Jb\u009b31mc\rd\be\u0007f'
    const text = shown((log) => log.info({ evil, err: new Error(evil), nested: { evil } }, evil))
    expect(text.replaceAll('\n', '').split('').filter(isControl)).toEqual([])
    expect(text).toMatch(/a.*b.*c.*d.*e.*f/)
  })
})
