import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const example = 'examples/mini-program'
const { pages } = readJson('src/app.json') as { pages: string[] }

function read(path: string): string {
  return readFileSync(join(example, path), 'utf8')
}

function readJson(path: string): unknown {
  return JSON.parse(read(path))
}

/** What the template of a page calls in its code. */
function handlersOf(page: string): string[] {
  return [...read(`src/${page}.wxml`).matchAll(/\bbind:\w+="(\w+)"/g)].map(([, name = '']) => name)
}

describe('examples/mini-program, opened in WeChat’s developer tools', () => {
  test('the project opens what its build writes, and lets it call a server at 127.0.0.1', () => {
    expect(readJson('project.config.json')).toMatchObject({
      miniprogramRoot: 'dist/',
      setting: { urlCheck: false },
    })
  })

  test('app.json lists every page, and each has its code, its settings and its template', () => {
    const folders = readdirSync(join(example, 'src/pages'))
    expect(pages.toSorted()).toEqual(folders.map((folder) => `pages/${folder}/${folder}`).toSorted())
    const files = pages.flatMap((page) => ['ts', 'json', 'wxml'].map((type) => `src/${page}.${type}`))
    expect(files.filter((file) => !existsSync(join(example, file)))).toEqual([])
  })

  test('every tap of a template finds its function', () => {
    const handlers = pages.flatMap((page) => handlersOf(page).map((name) => ({ page, name })))
    expect(handlers.length).toBeGreaterThan(10)
    const missing = handlers.filter(
      ({ page, name }) => !new RegExp(`^ {2}(async )?${name}\\(`, 'm').test(read(`src/${page}.ts`)),
    )
    expect(missing).toEqual([])
  })

  // WeChat's older compiler takes `bindtap` as well, its newer one doesn't.
  test('templates bind by bind:, which both of WeChat’s compilers take', () => {
    expect(pages.filter((page) => /\sbind[a-z]+=/.test(read(`src/${page}.wxml`)))).toEqual([])
  })
})
