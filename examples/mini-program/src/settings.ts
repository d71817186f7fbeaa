export interface Settings {
  /** Where the server's GraphQL is: `https://…/graphql`. */
  url: string
  /** WeChat, played: the sandbox of `npm start`. Undefined where WeChat is the real one. */
  sandbox: Sandbox | undefined
}

export interface Sandbox {
  url: string
  /**
   * Who holds the phone. The demo's host is guest and host in one: what it has booked it can redeem. With another name
   * it is another person, who is nobody's host.
   */
  openid: string
}

/** As `npm start` has it. For a real deployment: its URL, and `sandbox: undefined`. */
export const settings: Settings = {
  url: 'http://127.0.0.1:4000/graphql',
  sandbox: { url: 'http://127.0.0.1:4010', openid: 'o_demo_host' },
}
