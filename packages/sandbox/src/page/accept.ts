/** Whether an `Accept` asks for a page rather than for JSON, as browsers do; whoever takes anything gets JSON. */
export function prefersPage(accept = '*/*'): boolean {
  const ranges = new Map(accept.split(',').map(readRange))
  const quality = (type: string) => ranges.get(type) ?? ranges.get(type.replace(/\/.*/, '/*')) ?? ranges.get('*/*') ?? 0
  return quality('text/html') > quality('application/json')
}

function readRange(range: string): [type: string, quality: number] {
  const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
  const quality = parameters.find((each) => each.startsWith('q='))?.slice(2)
  return [type, quality === undefined ? 1 : Number(quality)]
}
