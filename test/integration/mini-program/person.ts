import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildMiniProgram } from '../../../examples/mini-program/build.ts'
import type { Sandbox } from '../../../examples/mini-program/src/settings.ts'
import { seed } from '../../../prisma/seed.ts'
import { expect, type TestApp } from '../../harness/app.ts'
import { test as graphqlTest, type TestGraphql } from '../../harness/graphql.ts'
import { createFakeWx, type FakeWx } from '../client/fake-wx.ts'
import { createCanvas } from './canvas.ts'
import { loadMiniProgram, type MiniProgram } from './mini-program.ts'
import type { Screen } from './screen.ts'
import { type PhoneOwner, playSheets } from './sheets.ts'

const CANVAS_WIDTH = 240

/** Somebody with a phone on which the example runs. */
export interface Person extends PhoneOwner {
  screen(): Screen
  /** Taps what has this id. */
  tap(id: string): void
  openTab(route: string): Promise<void>
  /** What a camera reads that is held over a canvas of this phone. */
  read(canvasId: string): string
  /** Waits until the server has answered an operation that names this field. */
  whenAnswered(field: string): Promise<void>
  /** Puts the app into the background, and ends it. */
  leave(): void
}

interface OpenOptions {
  /** Whether the example is built to play WeChat by the sandbox itself. */
  isSandbox?: boolean
}

/** The example as its own build makes it, of the client's sources, for these servers. */
async function build(url: string, sandbox: Sandbox | undefined): Promise<string> {
  const target = await mkdtemp(join(tmpdir(), 'looklook-mini-program-'))
  const alias = {
    '@looklook-pay/client': join(process.cwd(), 'client/src/pay-client.ts'),
    'graphql-ws/client': join(process.cwd(), 'node_modules/graphql-ws/dist/client.js'),
  }
  await buildMiniProgram({ target, settings: { url, sandbox }, alias })
  return target
}

function openPerson(folder: string, app: TestApp, openid: string): Person {
  const fake = createFakeWx()
  fake.onLogin = () => Promise.resolve(`code-${openid}`)
  fake.onPaySheet = (sheet) => pay(app, sheet)
  const canvases = new Map<unknown, ReturnType<typeof createCanvas>>()
  const findCanvas = (id: string) => {
    const element = running.screen().find(id)
    const canvas = canvases.get(element) ?? createCanvas()
    canvases.set(element, canvas)
    return element && canvas
  }
  let isInTap = false
  const answered: string[] = []
  const person: Person = {
    openid,
    fake,
    screen: () => running.screen(),
    tap(id) {
      isInTap = true
      try {
        running.screen().trigger(id, 'tap')
      } finally {
        isInTap = false
      }
    },
    openTab: (route) => running.openTab(route),
    read: (id) => findCanvas(id)?.scan() ?? '',
    camera: null,
    whenAnswered: (field) => expect.poll(() => answered.some((query) => query.includes(field))).toBe(true),
    consents: 'accept',
    onDialog: () => true,
    leave() {
      fake.hide()
      running.end()
    },
  }
  const sheets = playSheets({
    owner: person,
    app,
    isInTap: () => isInTap,
    onAnswer: (query) => answered.push(query),
    findCanvas(selector) {
      const found = findCanvas(selector.replace('#', ''))
      return found && { node: found.canvas, width: CANVAS_WIDTH }
    },
  })
  const running: MiniProgram = loadMiniProgram(folder, { ...fake.wx, ...sheets })
  running.launch()
  return person
}

/** The guest confirms WeChat's sheet. The phone knows which app is running, so the page passes no appId. */
async function pay({ sandbox }: TestApp, sheet: Parameters<FakeWx['onPaySheet']>[0]): Promise<void> {
  const { success: _success, fail: _fail, ...params } = sheet
  const body = JSON.stringify({ ...params, appId: sandbox.credentials.appid })
  const response = await fetch(`${sandbox.url}/sandbox/pay`, { method: 'POST', body })
  if (!response.ok) throw new Error(`fail ${await response.text()}`)
}

interface People {
  /** Opens the example on the phone of this person; the demo's homestays are on the shelf. */
  openPhone: (openid: string, options?: OpenOptions) => Promise<Person>
}

/** A test with the whole app, its GraphQL server, the demo data, and people with phones. */
export const test = graphqlTest.extend<People>({
  openPhone: async (
    { app, graphql }: { app: TestApp; graphql: TestGraphql },
    use: (openPhone: People['openPhone']) => Promise<void>,
  ) => {
    await seed(app.deps.db)
    const people: Person[] = []
    const folders: string[] = []
    await use(async (openid, { isSandbox = false } = {}) => {
      const folder = await build(graphql.url, isSandbox ? { url: app.sandbox.url, openid } : undefined)
      folders.push(folder)
      const person = openPerson(folder, app, openid)
      people.push(person)
      return person
    })
    for (const person of people) person.leave()
    await Promise.all(folders.map((folder) => rm(folder, { recursive: true })))
  },
})
