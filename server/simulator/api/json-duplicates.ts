/**
 * The fields that a JSON text names twice, as strict decoding reports them: `JSON.parse` keeps the last silently.
 * @param text valid JSON
 */
export function findDuplicates(text: string): readonly string[] {
  const found: string[] = []
  const stack: { readonly keys: Set<string> | undefined; path: string; index: number; key: string }[] = []
  const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g
  let expectKey = false
  for (const [piece] of text.matchAll(token)) {
    const top = stack.at(-1)
    const here = top ? (top.keys ? join(top.path, top.key) : `${top.path}[${top.index}]`) : ''
    if (piece === '{') stack.push({ keys: new Set(), path: here, index: 0, key: '' })
    else if (piece === '[') stack.push({ keys: undefined, path: here, index: 0, key: '' })
    else if (piece === '}' || piece === ']') stack.pop()
    else if (piece === ',' && top && !top.keys) top.index++
    else if (expectKey && top?.keys && piece.startsWith('"')) {
      top.key = JSON.parse(piece) as string
      if (top.keys.has(top.key)) found.push(`duplicate field "${join(top.path, top.key)}"`)
      top.keys.add(top.key)
    }
    expectKey = piece === '{' || (piece === ',' && stack.at(-1)?.keys !== undefined)
  }
  return found
}

function join(path: string, key: string): string {
  return path ? `${path}.${key}` : key
}
