import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Element, EmptyBackendContext, globalOptions, type Node, type template } from 'glass-easel'
import { type CodeSpace, type ComponentEnv, MiniProgramEnv } from 'glass-easel-miniprogram-adapter'
import { TmplGroup } from 'glass-easel-template-compiler'

/** A page on the screen, drawn by WeChat's own component framework from its template and data. */
export interface Screen {
  route: string
  /** Calls what the page has under this name; nothing where it has none. */
  call(name: string, ...args: unknown[]): void
  /** Every text, in reading order. */
  texts(): string[]
  /** The element with this id; null where the page shows none. */
  find(id: string): Element | null
  /** @throws when there is no such element, or it is disabled. */
  trigger(id: string, event: string, detail?: Record<string, unknown>): void
}

/** Loads pages from a folder that the developer tools would open. */
export function createScreens(folder: string, runPage: (route: string, env: ComponentEnv) => void) {
  // A page that fails shall fail the test.
  globalOptions.throwGlobalError = true
  const environment = new MiniProgramEnv()
  const space = environment.createCodeSpace('', true)
  const backend = environment.associateBackend(new EmptyBackendContext())
  const loaded = new Set<string>()

  const load = (route: string) => {
    if (loaded.has(route)) return
    loaded.add(route)
    addTemplate(space, route, readFileSync(join(folder, `${route}.wxml`), 'utf8'))
    space.addComponentStaticConfig(route, JSON.parse(readFileSync(join(folder, `${route}.json`), 'utf8')) as object)
    space.componentEnv(route, (env) => runPage(route, env))
  }
  return {
    open(route: string): Screen {
      load(route)
      const root = backend.createRoot('body', space, route)
      Element.pretendAttached(root.getComponent())
      const page = root.get() as unknown as Record<string, unknown>
      const shadow = root.getComponent().getShadowRoot()
      const find = (id: string) => shadow?.getElementById(id) ?? null
      return {
        route,
        call(name, ...args) {
          const method = page[name]
          if (typeof method === 'function') method.apply(page, args)
        },
        texts: () => (shadow ? textsOf(shadow) : []),
        find,
        trigger(id, event, detail = {}) {
          const element = find(id)
          if (!element) throw new Error(`${route} shows no #${id}, but: ${shadow ? textsOf(shadow).join(' | ') : ''}`)
          if (element.getAttribute('disabled') === true) throw new Error(`#${id} of ${route} is disabled`)
          element.triggerEvent(event, detail, { bubbles: true, composed: true })
        },
      }
    },
  }
}

function addTemplate(space: CodeSpace, route: string, wxml: string): void {
  const group = new TmplGroup()
  const problems = group.addTmpl(route, wxml) as unknown[]
  const code = group.getTmplGenObjectGroups()
  group.free()
  if (problems.length > 0) throw new Error(`${route}.wxml: ${problems.map(String).join(', ')}`)
  // oxlint-disable-next-line typescript/no-implied-eval -- what the compiler makes is an expression
  const groupList = new Function(`return ${code}`)() as Record<string, template.ComponentTemplate['content']>
  const content = groupList[route]
  if (!content) throw new Error(`${route}.wxml has no content`)
  space.addCompiledTemplate(route, { groupList, content })
}

function textsOf(node: Node): string[] {
  const text = node.asTextNode()?.textContent.trim()
  if (text !== undefined) return text === '' ? [] : [text]
  return (node as Element).childNodes.flatMap(textsOf)
}
