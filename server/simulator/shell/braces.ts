import { scriptOf } from './parser.ts'
import type { Word } from './parser.ts'

/** No word becomes more than these. */
const mostAlternatives = 10_000

const known = new WeakMap<Word, readonly Word[]>()

/** `a{1,2}b`, `{1..3}`, `{a..e}`, nested too, as the words they stand for (bash). */
export function braceAlternatives(word: Word): readonly Word[] {
  if (!(word.parts ?? []).some((part) => part.type === 'BraceExpansion')) return [word]
  const made = known.get(word) ?? wordsOf(alternatives(word.text), word)
  known.set(word, made)
  return made
}

/** Pieces of source as the words they are. */
function wordsOf(texts: readonly string[], word: Word): readonly Word[] {
  const command = scriptOf(`: ${texts.join(' ')}`).commands[0]?.command
  if (command?.type !== 'Command' || command.args.length !== texts.length) return [word]
  return command.args.map((arg) => (arg.type === 'Word' ? arg : { ...word, text: arg.text, value: arg.text, parts: undefined }))
}

function alternatives(text: string): readonly string[] {
  const open = findOpen(text)
  if (!open) return [text]
  const { start, end, commas } = open
  const inside = text.slice(start + 1, end)
  const cuts = [start, ...commas, end]
  const options = commas.length > 0 ? cuts.slice(1).map((to, index) => text.slice((cuts[index] ?? 0) + 1, to)) : rangeOf(inside)
  const tails = alternatives(text.slice(end + 1))
  if (!options) return tails.map((tail) => text.slice(0, end + 1) + tail)
  const heads = options.flatMap((option) => alternatives(option)).map((option) => text.slice(0, start) + option)
  return heads.flatMap((head) => tails.map((tail) => head + tail)).slice(0, mostAlternatives)
}

/** The first brace outside quotes and `${…}`, with its end and its own commas. */
function findOpen(text: string): { readonly start: number; readonly end: number; readonly commas: readonly number[] } | undefined {
  let quote = ''
  let depth = 0
  let start = -1
  let commas: number[] = []
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at)
    if (char === '\\') at++
    else if (quote !== '') quote = char === quote ? '' : quote
    else if (char === '"' || char === "'") quote = char
    else if (char === '$' && text[at + 1] === '{') at = Math.max(text.indexOf('}', at), at)
    else if (char === '{') {
      if (depth++ === 0) start = at
    } else if (char === ',' && depth === 1) commas.push(at)
    else if (char === '}' && depth > 0 && --depth === 0) {
      if (commas.length > 0 || rangeOf(text.slice(start + 1, at))) return { start, end: at, commas }
      commas = []
    }
  }
  return undefined
}

function rangeOf(inside: string): readonly string[] | undefined {
  const range = /^(-?\d+|[a-zA-Z])\.\.(-?\d+|[a-zA-Z])(?:\.\.(-?\d+))?$/.exec(inside)
  if (!range) return undefined
  const [, first = '', last = '', by] = range
  const letters = /[a-zA-Z]/.test(first)
  if (letters !== /[a-zA-Z]/.test(last)) return undefined
  const from = letters ? (first.codePointAt(0) ?? 0) : Number(first)
  const to = letters ? (last.codePointAt(0) ?? 0) : Number(last)
  const step = Math.max(Math.abs(Number(by ?? 1)), 1)
  const count = Math.min(Math.floor(Math.abs(to - from) / step) + 1, mostAlternatives)
  const width = /^-?0\d/.test(first) || /^-?0\d/.test(last) ? Math.max(first.length, last.length) : 0
  return Array.from({ length: count }, (_, index) => {
    const value = from + (to < from ? -index : index) * step
    return letters ? String.fromCodePoint(value) : String(value).padStart(width, '0')
  })
}
