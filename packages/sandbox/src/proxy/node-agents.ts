/**
 * For other programs, which load it by `NODE_OPTIONS=--import=…`. NODE_USE_ENV_PROXY tells Node's own agent of the proxy in
 * HTTPS_PROXY; a client that wants a new agent for each call (`agent: false`), as superagent does, misses it. Such agents are
 * made by the class of the global one: here, one that knows of the proxy.
 */
import https, { type AgentOptions } from 'node:https'

class ProxiedAgent extends https.Agent {
  constructor(options?: AgentOptions) {
    super({ ...options, proxyEnv: process.env })
  }
}

// As Node's own.
https.globalAgent = new ProxiedAgent({ keepAlive: true, timeout: 5_000 })
