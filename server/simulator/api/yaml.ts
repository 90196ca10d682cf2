import { isScalar, LineCounter, parseDocument, stringify, visit } from 'yaml'
import { ApiError } from './door.ts'
import type { JsonObject, JsonValue } from '../resources/object.ts'
import type { Document, Tags } from 'yaml'

/** Deeper, and the parser runs out of stack; nothing honest comes near. */
const deepest = 100

/** What a YAML text says, and what it says twice, as strict decoding reports it: the last one counts. */
export interface YamlBody {
  readonly value: JsonValue
  readonly duplicates: readonly string[]
}

/** The one place that speaks YAML: request bodies and answers to those who ask for it. @throws what `refuse` makes of the mistake */
export function parseYaml(text: string, refuse: (why: string) => ApiError): YamlBody {
  if (flowDepth(text) > deepest) throw refuse('yaml: exceeded max depth')
  const lines = new LineCounter()
  try {
    const document = parseDocument(text, { prettyErrors: false, uniqueKeys: false, lineCounter: lines })
    const [mistake] = document.errors
    if (mistake) throw refuse(`yaml: line ${lines.linePos(mistake.pos[0]).line}: ${WORDS[mistake.code] ?? mistake.message}`)
    const twice = duplicatesIn(document, lines)
    return {
      value: withoutPrototypes(document.toJS()) as JsonValue,
      duplicates: twice.length > 0 ? [`yaml: unmarshal errors:\n${twice.map((each) => `  ${each}`).join('\n')}`] : [],
    }
  } catch (error) {
    if (error instanceof ApiError) throw error
    throw refuse(`yaml: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : ''}`)
  }
}

/** Where both parsers stumble alike, Go's says it so. Source: gopkg.in/yaml.v2 parserc.go, scannerc.go */
const WORDS: { readonly [code: string]: string } = {
  TAB_AS_INDENT: 'found character that cannot start any token',
  BAD_SCALAR_START: 'found character that cannot start any token',
  BLOCK_AS_IMPLICIT_KEY: 'mapping values are not allowed in this context',
  MULTILINE_IMPLICIT_KEY: "could not find expected ':'",
  MISSING_CHAR: 'did not find expected node content',
  BAD_INDENT: "did not find expected ',' or ']'",
  BAD_ALIAS: 'did not find expected alphabetic or numeric character',
}

function duplicatesIn(document: Document.Parsed, lines: LineCounter): readonly string[] {
  const found: string[] = []
  visit(document, {
    Map: (_key, { items }) => {
      const seen = new Set<string>()
      for (const { key } of items) {
        if (!isScalar(key)) continue
        const name = String(key.value)
        if (seen.has(name)) found.push(`line ${lines.linePos(key.range?.[0] ?? 0).line}: key ${JSON.stringify(name)} already set in map`)
        seen.add(name)
      }
    },
  })
  return found
}

/** A key that JavaScript treats as more than a key is left out: nothing in Kubernetes is called that. */
function withoutPrototypes(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value) ?? 'null', (key, each: unknown) => (key === '__proto__' ? undefined : each))
}

/** An upper bound on how deep brackets are nested: brackets within strings count too. */
function flowDepth(text: string): number {
  let depth = 0
  let most = 0
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    depth = bracket === '[' || bracket === '{' ? depth + 1 : Math.max(depth - 1, 0)
    most = Math.max(most, depth)
  }
  return most
}

/** YAML 1.1's pattern takes a lone dot for a number, and would quote it; Go's YAML does not. */
function withoutLoneDots(tags: Tags): Tags {
  return tags.map((tag) =>
    typeof tag === 'object' && 'test' in tag && tag.tag.endsWith(':float') && tag.test?.test('.') ? { ...tag, test: NUMBER } : tag,
  )
}

const NUMBER = /^[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)$/

export function toYaml(value: JsonObject): string {
  return stringify(value, {
    version: '1.1',
    customTags: withoutLoneDots,
    sortMapEntries: true,
    indentSeq: false,
    aliasDuplicateObjects: false,
    lineWidth: 0,
  })
}
