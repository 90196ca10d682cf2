import { isMap, isScalar, LineCounter, parseDocument, type Document, type Node } from 'yaml'
import type { z } from 'zod'
import { suggest } from './suggest.ts'

/** Something wrong inside a block; both from 1, the line that of the block's source. */
export interface BlockFault {
  readonly line: number
  readonly column: number
  readonly say: string
}

/** What a block's YAML holds, if it is what the schema wants; else every fault with its place. @param words keys that are known */
export function readYaml<T>(source: string, schema: z.ZodType<T>, words: readonly string[]): { value?: T; faults: BlockFault[] } {
  const counter = new LineCounter()
  const document = parseDocument(source, { lineCounter: counter, prettyErrors: false })
  const [error] = document.errors
  if (error) {
    const { line, col } = counter.linePos(error.pos[0])
    return { faults: [{ line, column: col, say: `This is not valid YAML (${error.message}).` }] }
  }
  const held = valueOf(document)
  if (!held) return { faults: [{ line: 1, column: 1, say: 'Its aliases repeat too much.' }] }
  const read = schema.safeParse(held.value)
  if (read.success) return { value: read.data, faults: [] }
  const faults = read.error.issues
    .flatMap((issue) => faultsOf(issue))
    .flatMap((issue): BlockFault[] => {
      if (issue.code !== 'unrecognized_keys') return [{ ...placeOf(document, counter, issue.path), say: wordsOf(issue) }]
      return issue.keys.map((key) => {
        const meant = suggest(key, words)
        return {
          ...placeOf(document, counter, [...issue.path, key]),
          say: `Unknown key "${key}".${meant ? ` Did you mean "${meant}"?` : ` Known are ${words.join(', ')}.`}`,
        }
      })
    })
  return { faults }
}

/** What a YAML document holds; undefined when its aliases would make it grow without measure. */
export function valueOf(document: Document): { readonly value: unknown } | undefined {
  try {
    return { value: document.toJS({ maxAliasCount: 20 }) }
  } catch {
    return undefined
  }
}

/** What is wrong with the kind of value that comes closest, where several kinds are possible. */
function faultsOf(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue]
  const likely = issue.errors.toSorted((a, b) => weight(a) - weight(b))[0] ?? []
  return likely.flatMap((inner) => faultsOf({ ...inner, path: [...issue.path, ...inner.path] }))
}

/** A kind whose own key is missing is not the one that was meant. */
function weight(issues: readonly z.core.$ZodIssue[]): number {
  return issues.reduce((sum, issue) => sum + (issue.code === 'invalid_type' && issue.input === undefined ? 10 : 1), 0)
}

function wordsOf(issue: z.core.$ZodIssue): string {
  const where = issue.path.filter((part) => typeof part === 'string').at(-1)
  return `${where === undefined ? 'This' : `"${where}"`} is not right: ${issue.message}.`
}

/** Where a path's value, or the key that names it, is written. */
function placeOf(document: Document, counter: LineCounter, path: readonly PropertyKey[]): { line: number; column: number } {
  for (let length = path.length; length >= 0; length--) {
    const offset = offsetOf(document, path.slice(0, length))
    if (offset !== undefined) {
      const { line, col } = counter.linePos(offset)
      return { line, column: col }
    }
  }
  return { line: 1, column: 1 }
}

function offsetOf(document: Document, path: readonly PropertyKey[]): number | undefined {
  const parent = path.length === 0 ? document.contents : document.getIn(path.slice(0, -1), true)
  const last = path.at(-1)
  if (isMap(parent) && last !== undefined) {
    const pair = parent.items.find(({ key }) => isScalar(key) && key.value === last)
    return isScalar(pair?.key) ? pair.key.range?.[0] : undefined
  }
  const node = (path.length === 0 ? parent : document.getIn(path, true)) as Node | null | undefined
  return node?.range?.[0]
}
