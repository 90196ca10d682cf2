import type { JsonObject, StoredObject } from '../resources/object.ts'

/**
 * The JSON of stored objects, which never change: written once for all lists, watches and clusters that show them.
 * Two ages of memory bound what is kept: what nobody has asked for since the last one filled up is written anew.
 */
const mostCharacters = 16_000_000
let young = new WeakMap<object, string>()
let old = new WeakMap<object, string>()
let characters = 0

function remembered(object: object, write: () => string): string {
  const known = young.get(object)
  if (known !== undefined) return known
  const text = old.get(object) ?? write()
  if (characters > mostCharacters) {
    old = young
    young = new WeakMap()
    characters = 0
  }
  characters += text.length
  young.set(object, text)
  return text
}

/** An object as a list shows it: without `kind` and `apiVersion`. */
export function itemText(object: StoredObject): string {
  return remembered(object, () => {
    const { apiVersion: _apiVersion, kind: _kind, ...rest } = object
    return JSON.stringify(rest)
  })
}

export function objectText(object: StoredObject): string {
  const head = `{"kind":${JSON.stringify(object.kind)},"apiVersion":${JSON.stringify(object.apiVersion)}`
  const rest = itemText(object)
  return rest === '{}' ? `${head}}` : `${head},${rest.slice(1)}`
}

/** As `partial` shows it: its metadata only. */
export function metadataText(object: StoredObject): string {
  const metadata = remembered(object.metadata, () => JSON.stringify(object.metadata))
  return `{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":${metadata}}`
}

/** A list whose items are written already. @param field `items`, or `rows` of a table */
export function listText(head: JsonObject, field: string, items: readonly string[]): string {
  return `${JSON.stringify(head).slice(0, -1)},"${field}":[${items.join(',')}]}\n`
}

/** The latest line of a watch: everybody who watches the same is told the same, one after the other. */
let last: { readonly type: string; readonly object: StoredObject; readonly line: string } | undefined

export function eventText(type: string, object: StoredObject): string {
  if (last?.type === type && last.object === object) return last.line
  const line = `{"type":${JSON.stringify(type)},"object":${objectText(object)}}\n`
  last = { type, object, line }
  return line
}
