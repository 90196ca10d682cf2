import { parser } from '@prometheus-io/lezer-promql'

/** A query as it may be sent for one cluster, or why it may not. */
export type Confined = { readonly ok: true; readonly query: string } | { readonly ok: false; readonly why: string }

type Tree = ReturnType<typeof parser.parse>
type Node = Tree['topNode']

/**
 * Adds the matcher `cluster="ID"` to every vector selector of a query, so that it sees the series of that cluster
 * and no other's. All matchers of a selector have to hold, so one that names `cluster` already cannot widen it.
 * Comments go, and what the grammar does not wholly understand is refused: our parser and Prometheus' must not
 * be able to disagree about where a selector is.
 */
export function confineQuery(query: string, cluster: string): Confined {
  const plain = withoutComments(query)
  if (plain === undefined)
    return { ok: false, why: 'A string in the query is not closed, or it holds characters that PromQL does not have.' }
  const tree = parser.parse(plain)
  const insertions: { at: number; text: string }[] = []
  const wrong = visit(tree, (node) => {
    if (node.name === 'VectorSelector') insertions.push(matcherFor(node, plain, cluster))
    return undefined
  })
  if (wrong) return { ok: false, why: wrong }
  let text = plain
  for (const { at, text: added } of insertions.toSorted((a, b) => b.at - a.at)) text = text.slice(0, at) + added + text.slice(at)
  return { ok: true, query: text }
}

/** Whether every vector selector of a query, as Prometheus itself writes it out, is confined to `cluster`. */
export function isConfined(query: string, cluster: string): boolean {
  const tree = parser.parse(query)
  const wrong = visit(tree, (node) => {
    if (node.name !== 'VectorSelector') return undefined
    const matchers = node.getChild('LabelMatchers')?.getChildren('UnquotedLabelMatcher') ?? []
    return matchers.some((matcher) => query.slice(matcher.from, matcher.to) === `cluster="${cluster}"`) ? undefined : 'not confined'
  })
  return wrong === undefined
}

/** @returns what is wrong with the tree: an error in it, or what `check` said first */
function visit(tree: Tree, check: (node: Node) => string | undefined): string | undefined {
  let wrong: string | undefined
  tree.iterate({
    enter(reference) {
      if (reference.type.isError) wrong ??= 'The query is not complete, or not PromQL.'
      wrong ??= check(reference.node)
      return wrong === undefined
    },
  })
  return wrong
}

function matcherFor(selector: Node, query: string, cluster: string): { at: number; text: string } {
  const matcher = `cluster="${cluster}"`
  const braces = selector.getChild('LabelMatchers')
  if (!braces) return { at: selector.to, text: `{${matcher}}` }
  const inside = query.slice(braces.from + 1, braces.to - 1).trim()
  return { at: braces.to - 1, text: inside === '' || inside.endsWith(',') ? matcher : `,${matcher}` }
}

/**
 * Blanks comments and makes every line end and space the same: Prometheus ends a comment at a carriage return too,
 * where the editor's grammar does not. @returns undefined when a string is not closed, or for characters that only strings may have
 */
function withoutComments(query: string): string | undefined {
  let text = ''
  for (let at = 0; at < query.length;) {
    const token = /["'`]/.test(query.charAt(at)) ? stringAt(query, at) : (/^#[^\r\n]*/.exec(query.slice(at))?.[0] ?? query.charAt(at))
    at += token.length
    if (/^["'`]$/.test(token)) return undefined
    if (token.startsWith('#') || /^[ \t\r\n]$/.test(token)) text += ' '
    else if (token.length === 1 && !/[\x20-\x7e]/.test(token)) return undefined
    else text += token
  }
  return text
}

/** A string literal as Prometheus reads it: no line end in one with quotes, no escapes in one with backticks. */
function stringAt(query: string, from: number): string {
  const rest = query.slice(from)
  const match = /^(?:"(?:[^"\\\r\n]|\\[^\r\n])*"|'(?:[^'\\\r\n]|\\[^\r\n])*'|`[^`]*`)/.exec(rest)
  return match?.[0] ?? rest.slice(0, 1)
}
