import type { DeckProblem, Item } from './items.ts'
import { asContent, lex } from './lexer.ts'
import { suggest } from './suggest.ts'

/** Templates by name: `{{ target }}`, `{{ 1 }}`, `{{ 2 }}` … are what the call gives (dialect 11). */
export type Macros = ReadonlyMap<string, string>

const CALL = /!\[:([^\]\s]{1,100})(?=[\]\s])([^\]]{0,1000})\](?:\(([^)]{0,2000})\))?/g
/** The de-facto standard of remark's decks (11.4), and the one that it brings. */
const BUILT_IN: Macros = new Map([
  ['scale', '<img src="{{ target }}" alt="" style="width: {{ 1 }}" />'],
  ['hello', 'hello!'],
])
/** A macro may use others, but not without end. */
const MAX_DEPTH = 8
/** What one call may become, with what its macros become. */
const MAX_RESULT = 100_000
const PICTURE = /\.(?:svg|png|jpe?g|gif|webp|avif)(?:[?#].*)?$/i

/** Replaces every call of a macro in content by what it stands for, which is dialect text again (11.2). Code is left alone. */
export function expandMacros(items: readonly Item[], macros: Macros, report: (say: DeckProblem['say']) => void): Item[] {
  const budget = { left: MAX_RESULT * 10 }
  return expand(items, { macros, report, budget }, 0)
}

interface Expansion {
  readonly macros: Macros
  readonly report: (say: string) => void
  readonly budget: { left: number }
}

function expand(items: readonly Item[], how: Expansion, depth: number): Item[] {
  return items.flatMap((item): Item[] => {
    if (item.kind === 'class') return [{ ...item, items: expand(item.items, how, depth) }]
    if (item.kind !== 'text' || !item.text.includes('![:')) return [item]
    const out: Item[] = []
    let from = 0
    for (const call of item.text.matchAll(CALL)) {
      const [whole, name = '', args = '', target] = call
      const result = callMacro(name, args, target, how)
      const inside = lex(result).map(asContent)
      out.push({ kind: 'text', text: item.text.slice(from, call.index) })
      out.push(...(depth < MAX_DEPTH ? expand(inside, how, depth + 1) : inside))
      from = call.index + whole.length
    }
    out.push({ kind: 'text', text: item.text.slice(from) })
    return out
  })
}

function callMacro(name: string, args: string, target: string | undefined, { macros, report, budget }: Expansion): string {
  const template = macros.get(name) ?? BUILT_IN.get(name)
  if (template === undefined) {
    const meant = suggest(name, [...macros.keys(), ...BUILT_IN.keys()])
    report(
      `There is no macro "${name}".${meant ? ` Did you mean "${meant}"?` : ''} Declare it as a template under "macros" at the deck's top; its target is shown instead.`,
    )
    if (target === undefined) return ''
    return PICTURE.test(target) ? `![](${target})` : target
  }
  const values = args.split(',').map((one) => one.trim())
  const result = template.replace(/\{\{\s*(target|\d{1,2})\s*\}\}/g, (_, key: string) =>
    key === 'target' ? (target ?? '') : (values[Number(key) - 1] ?? ''),
  )
  budget.left -= result.length
  if (budget.left < 0) {
    report(`The macro "${name}" makes too much text and is left out.`)
    return ''
  }
  return result
}
