import type { Texts } from '../texts.ts'

/** What the API says of a request before it runs, or when it can't. */
export const requestTexts = {
  unexpected: { en: 'Unexpected error.', zh: '出了意外的错误。' },
  mediaType: { en: 'Send the operation as application/json.', zh: '请以 application/json 发送操作。' },
  noJson: (parameter: string) => ({
    en: `The parameter ${parameter} is no JSON.`,
    zh: `参数 ${parameter} 不是 JSON。`,
  }),
  tooLarge: (bytes: number) => ({
    en: `The request is larger than ${bytes} bytes. Send less at once.`,
    zh: `请求超过 ${bytes} 字节。请分次发送。`,
  }),
  stopping: { en: 'The server is stopping. Connect again.', zh: '服务正在停止，请重新连接。' },
  gone: { en: 'The connection is closed. Connect again.', zh: '连接已关闭，请重新连接。' },
} satisfies Texts

/** What the API says when a document breaks a limit or a rule. */
export const documentTexts = {
  tooManyTokens: (most: number) => ({
    en: `The document has more than ${most} tokens or lines, comments included. Send it in several operations.`,
    zh: `操作连同注释超过 ${most} 个词法单元或行。请拆成几个操作发送。`,
  }),
  repeatedField: (most: number) => ({
    en: `The document holds a field of one name more than ${most} times. Send it in several operations.`,
    zh: `操作中同名的字段超过 ${most} 个。请拆成几个操作发送。`,
  }),
  repeatedFragments: (most: number) => ({
    en: `The document holds fragments more than ${most} times. Send it in several operations.`,
    zh: `操作中的片段超过 ${most} 个。请拆成几个操作发送。`,
  }),
  tooManyFields: (most: number, variableSize: number) => ({
    en:
      `The operation would give more than ${most} fields. Ask for fewer fields or smaller pages (written into the ` +
      `operation: a variable counts as ${variableSize}), or in several operations.`,
    zh:
      `操作会返回超过 ${most} 个字段。请减少字段或每页条数（直接写在操作里：变量按 ${variableSize} 计），` +
      '或拆成几个操作。',
  }),
  tooManyReads: (most: number) => ({
    en: `An operation holds ${most} fields that are read from the database at most. Send the others by themselves.`,
    zh: `一个操作最多含 ${most} 个需要读数据库的字段。其余的请另外发送。`,
  }),
  tooManyMutations: (most: number) => ({
    en:
      `An operation holds ${most} mutations, and fields of theirs that are read from the database at most. Send the ` +
      'others by themselves.',
    zh: `一个操作最多含 ${most} 个变更，连同其中需要读数据库的字段。其余的请另外发送。`,
  }),
  nulInOperation: {
    en: 'A text in the operation holds the character U+0000. Send text without it.',
    zh: '操作中的文本含有字符 U+0000。请去掉它。',
  },
  nulInVariable: {
    en: 'A variable holds the character U+0000. Send text without it.',
    zh: '变量含有字符 U+0000。请去掉它。',
  },
  conditionalSubscription: {
    en: 'What is subscribed to takes no @skip or @include. Subscribe only when it is wanted.',
    zh: '订阅的字段不能带 @skip 或 @include。请只在需要时订阅。',
  },
} satisfies Texts

/** What the API says beyond a limit on what a client has at once. */
export const limitTexts = {
  busy: (seconds: number) => ({
    en: `Too many operations at the moment. Try again in ${seconds} s.`,
    zh: `此刻的操作太多，请在 ${seconds} 秒后重试。`,
  }),
  address: (seconds: number) => ({
    en: `Too much from one address at once. Try again in ${seconds} s.`,
    zh: `同一地址的请求太多，请在 ${seconds} 秒后重试。`,
  }),
  operationsInHand: (most: number) => ({
    en: `You have ${most} operations in hand. Wait for their answers before you send more.`,
    zh: `您有 ${most} 个操作还在处理中。请等它们返回后再发送。`,
  }),
  operationsOfSocket: {
    en: 'This connection has too many operations in hand. Wait for their answers.',
    zh: '这个连接上还在处理的操作太多。请等它们返回。',
  },
  streams: {
    en: 'You have too many subscriptions open. Complete some first.',
    zh: '您打开的订阅太多。请先结束一些。',
  },
} satisfies Texts

/** How errors of the GraphQL libraries are introduced to who doesn't read English; what they say is for developers. */
export const libraryTexts = {
  syntax: (message: string) => ({ en: message, zh: `操作的语法有误：${message}` }),
  document: (message: string) => ({ en: message, zh: `操作不符合接口的定义：${message}` }),
  input: (message: string) => ({ en: message, zh: `传入的值不符合要求：${message}` }),
  request: (message: string) => ({ en: message, zh: `请求无法处理：${message}` }),
} satisfies Texts
