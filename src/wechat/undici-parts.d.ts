/**
 * The parts of undici that calls to WeChat need. The whole package would take ten megabytes more in each process, and put
 * itself in the place of the connections that the built-in fetch uses.
 */
declare module 'undici/lib/core/connect.js' {
  export { buildConnector as default } from 'undici'
}

declare module 'undici/lib/core/errors.js' {
  export { errors as default } from 'undici'
}

declare module 'undici/lib/dispatcher/client.js' {
  export { Client as default } from 'undici'
}
