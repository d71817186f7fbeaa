import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

export interface Service {
  profiles?: string[]
  image: string
  build?: { context: string; dockerfile?: string; target?: string; args?: Record<string, string> }
  entrypoint?: string[]
  command?: string[]
  env_file?: { path: string; required: boolean }[]
  environment?: Record<string, string>
  volumes?: string[]
  tmpfs?: string[]
  networks?: string[]
  ports?: string[]
  read_only?: boolean
  cap_drop?: string[]
  security_opt?: string[]
  logging?: { driver: string }
  restart?: string
  stop_grace_period?: string
  healthcheck?: { test?: string[]; disable?: boolean }
  depends_on?: Record<string, { condition: string; required?: boolean }>
}

export interface Compose {
  services: Record<string, Service>
  networks: Record<string, { internal?: boolean }>
  volumes: Record<string, object>
}

/** compose.yaml, its anchors resolved. */
export function readCompose(): Compose {
  return parse(readFileSync('compose.yaml', 'utf8'), { merge: true }) as Compose
}

/** The names of the variables that a file takes from .env or the environment, as `${NAME}` or `${NAME:-default}`. */
export function variablesIn(path: string): string[] {
  return [...readFileSync(path, 'utf8').matchAll(/\$\{(\w+)/g)].map(([, name = '']) => name)
}
