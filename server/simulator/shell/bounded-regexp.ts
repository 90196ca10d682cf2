import { CommandError } from './machine.ts'

/** V8's engine that never backtracks copies what is counted, this many times at most. */
const mostCopies = 16

interface Group {
  /** How often what is inside is copied, at most. */
  copies: number
  quantified: boolean
}

/**
 * A stranger's expression that cannot hold everyone up. Where matching backtracks too much, the engine falls back to one
 * that takes linear time (`--enable-experimental-regexp-engine-on-excessive-backtracks`, set where the simulator is
 * hosted); this refuses or rewrites what that engine does not know: lookaround, `i`, back references in and counts of
 * repeated groups.
 * @throws CommandError
 */
export function boundedRegExp(source: string, flags = ''): RegExp {
  if (source.length > 10_000) throw new CommandError('Regular expression too big', 2)
  if (/\(\?(?!:)/.test(source.replaceAll(/\\./gs, ''))) throw new CommandError('Invalid preceding regular expression', 2)
  const { copies, repeatsGroups } = measured(source)
  const looksBack = /\\[1-9]/.test(source.replaceAll('\\\\', ''))
  if (repeatsGroups && (looksBack || copies > mostCopies)) throw new CommandError('Regular expression too big', 2)
  const caseless = flags.includes('i') && !looksBack
  try {
    return new RegExp(caseless ? withoutCase(source) : source, caseless ? flags.replace('i', '') : flags)
  } catch {
    throw new CommandError(`bad regex '${source}'`, 2)
  }
}

/** One piece of an expression: an escape, a class, a group's beginning or end, a count, or a character. */
const piece = /\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?:|\{\d*,?\d*\}|[^]/gs

function measured(source: string): { readonly copies: number; readonly repeatsGroups: boolean } {
  const stack: Group[] = [{ copies: 1, quantified: false }]
  let last: Group = { copies: 1, quantified: false }
  let repeatsGroups = false
  let before = ''
  for (const [part] of source.matchAll(piece)) {
    const top = stack.at(-1)
    if (part === '(' || part === '(?:') stack.push({ copies: 1, quantified: false })
    else if (part === ')') last = (stack.length > 1 ? stack.pop() : undefined) ?? last
    else if (part === '*' || part === '+' || /^\{\d/.test(part)) {
      const ofGroup = before === ')'
      const counts = part.match(/\d+/g)?.map(Number) ?? [1]
      const copies = Math.max(...counts) * (ofGroup ? last.copies : 1)
      if (ofGroup) repeatsGroups = true
      if (top) top.copies = Math.max(top.copies, copies)
    }
    const outer = stack.at(-1)
    if (part === ')' && outer) outer.copies = Math.max(outer.copies, last.copies)
    before = part
  }
  return { copies: stack[0]?.copies ?? 1, repeatsGroups }
}

const bothCases = (letter: string) => `${letter.toLowerCase()}${letter.toUpperCase()}`

/** The same expression with every letter in both cases. */
function withoutCase(source: string): string {
  return source.replaceAll(piece, (part) => {
    if (/^[a-z]$/i.test(part)) return `[${bothCases(part)}]`
    if (!part.startsWith('[') || part.length < 3) return part
    return part.replaceAll(/\\.|([a-z])-([a-z])|([a-z])/gis, (whole, from?: string, to?: string, letter?: string) => {
      if (letter !== undefined) return bothCases(letter)
      if (from === undefined || to === undefined) return whole
      return `${whole}${from.toLowerCase()}-${to.toLowerCase()}${from.toUpperCase()}-${to.toUpperCase()}`.replaceAll(
        /(.)-(.)/g,
        (range, low: string, high: string) => (low <= high ? range : ''),
      )
    })
  })
}
