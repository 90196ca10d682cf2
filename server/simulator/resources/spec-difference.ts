import { unifiedDiff } from '../../kernel/unified-diff.ts'
import { CORE_STRUCTS } from './core-structs.ts'
import { isObject } from './draft.ts'
import type { JsonObject, JsonValue } from './object.ts'

/**
 * What changed of a spec, as the API server lists it: the lines of JSON of its own structs, those around them, and
 * where they stand.
 * Source: k8s.io/apimachinery, util/diff/diff.go
 */
export function specDifference(struct: string, before: JsonObject, after: JsonObject): string {
  return unifiedDiff(linesOf(struct, before), linesOf(struct, after), 3)
}

/** A pod's template as the API server shows it when it may not change: its own structs, on one line. */
export function templateForm(template: JsonObject): JsonObject {
  const metadata = isObject(template['metadata']) ? template['metadata'] : {}
  const said = META.filter((name) => metadata[name] !== undefined).map((name) => [name, typed(META_TYPES[name] ?? '*', metadata[name])])
  const spec = isObject(template['spec']) ? template['spec'] : {}
  return { ...(Object.fromEntries(said) as JsonObject), Spec: shown('PodSpec', withHost(spec)) }
}

/** What of a template's metadata people set, in the order of its struct. */
const META = ['name', 'generateName', 'namespace', 'labels', 'annotations', 'ownerReferences', 'finalizers']
const META_TYPES: { readonly [name: string]: string } = { labels: '{}', annotations: '{}' }

function linesOf(struct: string, value: JsonObject): readonly string[] {
  const text = JSON.stringify(shown(struct, struct === 'PodSpec' ? withHost(value) : value), undefined, 1)
  // Go's JSON is safe to put in a page.
  return text.replaceAll(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`).split('\n')
}

/** Inside the server, what a pod shares with its node is part of its security context. */
function withHost(spec: JsonObject): JsonObject {
  const { hostNetwork, hostPID, hostIPC, shareProcessNamespace, hostUsers } = spec
  const shared = { hostNetwork, hostPID, hostIPC, shareProcessNamespace, hostUsers }
  const set = Object.fromEntries(Object.entries(shared).filter(([, value]) => value !== undefined))
  return isObject(spec['securityContext']) ? { ...spec, securityContext: { ...spec['securityContext'], ...set } } : spec
}

interface Field {
  readonly name: string
  readonly type: string
  readonly omitsEmpty: boolean
}

const fields = new Map<string, readonly Field[]>()

function fieldsOf(struct: string): readonly Field[] {
  const known = fields.get(struct)
  if (known) return known
  const parsed = (CORE_STRUCTS[struct] ?? '').split(' ').flatMap((text) => {
    const [name = '', type = ''] = text.split(':')
    if (name === '@') return fieldsOf(type)
    return [{ name: name.replace('-', ''), type, omitsEmpty: name.startsWith('-') }]
  })
  fields.set(struct, parsed)
  return parsed
}

function shown(struct: string, value: JsonObject): JsonObject {
  // The names differ in their capitals alone: `HTTPGet` is `httpGet` to clients.
  const given = new Map(Object.entries(value).map(([key, each]) => [key.toLowerCase(), each]))
  return Object.fromEntries(
    fieldsOf(struct).flatMap(({ name, type, omitsEmpty }) => {
      const sent = given.get(name.toLowerCase())
      return omitsEmpty && sent === undefined ? [] : [[name, typed(type, sent)]]
    }),
  )
}

const ZEROS: { readonly [type: string]: JsonValue } = { s: '', i: 0, b: false, q: '0', x: 0 }

function typed(type: string, value: JsonValue | undefined): JsonValue {
  const zero = ZEROS[type]
  if (zero !== undefined) return value ?? zero
  const [, wrapped = '', inner = ''] = /^(\*|\[\]|\{\})?(.*)$/.exec(type) ?? []
  if (wrapped === '') return shown(inner, isObject(value) ? value : {})
  if (value === undefined || value === null) return null
  if (wrapped === '{}') return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  if (inner === '') return value
  if (Array.isArray(value)) return value.map((each: JsonValue) => (isObject(each) ? shown(inner, each) : each))
  return isObject(value) ? shown(inner, value) : value
}
