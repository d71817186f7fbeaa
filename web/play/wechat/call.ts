/** POSTs `body` to the sandbox, or GETs without one. */
export async function callSandbox(
  url: string,
  path: string,
  body?: object,
  method = body ? 'POST' : 'GET',
): Promise<{ ok: boolean; json: unknown }> {
  const content = body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  const response = await fetch(`${url}/sandbox/${path}`, { method, ...content })
  return { ok: response.ok, json: await response.json() }
}
