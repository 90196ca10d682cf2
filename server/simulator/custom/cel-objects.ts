/**
 * Objects as mutating policies write them, `Object.spec{replicas: 1}` and `JSONPatch{op: "add"}`, as maps, which CEL knows without types.
 * An optional field (`?name: value`) keeps its mark in the key.
 * @see https://kubernetes.io/docs/reference/access-authn-authz/mutating-admission-policy/
 */
export function withPlainObjects(expression: string): string {
  const tokens = expression.match(TOKEN) ?? []
  const open: { readonly closing: string; readonly object: boolean }[] = []
  let written = ''
  for (const token of tokens) {
    const begun = /^(?:Object(?:\.\w+|\.`[^`]*`)*|JSONPatch)\s*\{$/.test(token)
    const escaping = ESCAPE_KEY.test(token)
    if (begun || escaping || /^[([{]$/.test(token)) {
      open.push({ closing: CLOSING[token.at(-1) ?? ''] ?? '', object: begun })
      written += begun ? 'dyn({' : escaping ? 'escapeJsonPointer(' : token
    } else if (token === open.at(-1)?.closing) written += open.pop()?.object ? '})' : token
    else {
      const key = open.at(-1)?.object ? KEY.exec(token) : null
      written += key ? JSON.stringify(`${key[1] ?? ''}${key[3] ?? unescaped(key[2] ?? '')}`) + ':' : token
    }
  }
  return written
}

const TOKEN =
  /"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|(?:Object(?:\.\w+|\.`[^`]*`)*|JSONPatch)\s*\{|jsonpatch\.escapeKey\s*\(|\?\s*(?:\w+|`[^`]*`)\s*:(?!:)|[\w.]+\s*:(?!:)|`[^`]*`\s*:|[\w.]+|\s+|[^\s\w]/gs
const KEY = /^(\??)\s*(?:(\w+)|`([^`]*)`)\s*:$/
const ESCAPE_KEY = /^jsonpatch\.escapeKey\s*\($/
const CLOSING: { readonly [opening: string]: string } = { '(': ')', '[': ']', '{': '}' }

function unescaped(name: string): string {
  const found = /^__(\w+?)__$/.exec(name)?.[1]
  if (found !== undefined && !['dot', 'dash', 'slash', 'underscores'].includes(found)) return found
  return name.replaceAll('__dot__', '.').replaceAll('__dash__', '-').replaceAll('__slash__', '/').replaceAll('__underscores__', '__')
}
