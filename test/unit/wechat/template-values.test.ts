import { describe, expect, test } from 'vitest'
import { WechatInputError } from '../../../src/wechat/errors.ts'
import { templateValue } from '../../../src/wechat/template-values.ts'

describe('a value of a subscribe message', () => {
  test.each([
    ['thing1', '民宿'],
    ['number2', '12.5'],
    ['number2', '1'.repeat(32)],
    ['letter3', 'ABC'],
    ['symbol4', '#!'],
    ['character_string5', 'A1B2-C3D4'],
    ['time6', '15:01'],
    ['time6', '2019年10月1日 15:01'],
    ['time6', '15:01~16:30'],
    ['date7', '2019年10月1日'],
    ['date7', '2019年10月01日 15:01'],
    ['date7', '2019年10月1日~2019年10月3日'],
    ['amount8', '¥123.45'],
    ['amount8', '￥21474836.47'],
    ['amount8', '123.45元'],
    ['phone_number9', '+86-13580006666'],
    ['car_number10', '粤A8Z888'],
    ['name11', '张三'],
    ['name11', 'Ada Lovelace'],
    ['phrase12', '已支付'],
    ['enum13', '成功'],
  ])('accepts for the template key %s the value %j', (key, value) => {
    expect(templateValue(key, value)).toBe(value)
  })

  test.each([
    ['number1', '12a'],
    ['number1', '1'.repeat(33)],
    ['letter1', 'A1'],
    ['letter1', 'A'.repeat(33)],
    ['symbol1', '######'],
    ['symbol1', 'a'],
    ['character_string1', '编号1'],
    ['character_string1', 'A'.repeat(33)],
    ['time1', '25:00'],
    ['time1', '2019年10月1日'],
    ['date1', '2019-10-01'],
    ['date1', '15:01'],
    ['date1', '2019年13月1日'],
    ['amount1', '12345678901'],
    ['amount1', '$¥1'],
    ['amount1', '一百元'],
    ['phone_number1', '1'.repeat(18)],
    ['car_number1', '粤A8Z88888'],
    ['name1', '一'.repeat(11)],
    ['name1', 'a'.repeat(21)],
    ['name1', '张San'],
    ['phrase1', '一二三四五六'],
    ['phrase1', 'paid'],
    ['thing1', ' '],
    ['enum1', ''],
    ['thing', 'no number'],
    ['constructor1', 'x'],
    ['other1', 'x'],
  ])('rejects for the template key %s the value %j', (key, value) => {
    expect(() => templateValue(key, value)).toThrow(WechatInputError)
    expect(() => templateValue(key, value)).toThrow(expect.objectContaining({ field: key }))
  })

  test('shortens a thing of a template to 20 characters, between code points', () => {
    expect(templateValue('thing1', '一'.repeat(20))).toBe('一'.repeat(20))
    expect(templateValue('thing1', '一'.repeat(21))).toBe(`${'一'.repeat(19)}…`)
    expect(templateValue('thing1', `${'一'.repeat(18)}😀😀`)).toBe(`${'一'.repeat(18)}…`)
  })

  test('puts the value of a template on one line', () => {
    expect(templateValue('thing1', ' two\n\nlines ')).toBe('two lines')
  })
})
