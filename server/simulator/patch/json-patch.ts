import { draftOf, isObject, same } from '../resources/draft.ts'
import type { Draft, DraftValue, JsonObject, JsonValue } from '../resources/object.ts'

/** A JSON patch that cannot be applied. */
export class JsonPatchError extends Error {}

type Container = Draft | DraftValue[]

/** A patch under way: the document, and how much has been copied within it. */
interface Work {
  document: DraftValue
  copied: number
}

/**
 * JSON patch as the API server's library understands it: a missing member may be replaced, an index may count from the end.
 * @see https://www.rfc-editor.org/rfc/rfc6902
 * @see https://github.com/evanphx/json-patch/tree/release-4
 * @throws JsonPatchError
 */
export function jsonPatch(target: JsonObject, operations: readonly JsonValue[]): JsonObject {
  const work: Work = { document: draftOf(target), copied: 0 }
  for (const operation of operations) {
    if (!isObject(operation)) throw new JsonPatchError('Unexpected kind: unknown')
    apply(work, operation)
  }
  if (!isObject(work.document)) throw new JsonPatchError('the patched document is not an object')
  return work.document
}

/** What strict decoding says of members that no operation has, e.g. `json patch unknown field "[0].val"`. */
export function unknownMembers(operations: readonly JsonValue[]): readonly string[] {
  return operations.flatMap((operation, index) =>
    Object.keys(isObject(operation) ? operation : {})
      .filter((key) => !['op', 'path', 'from', 'value'].includes(key))
      .map((key) => `json patch unknown field "[${index}].${key}"`),
  )
}

/** A member that is no text where the API server expects one, in Go's words. */
export function mistypedMember(operations: readonly JsonValue[]): string | undefined {
  for (const operation of operations) {
    for (const key of ['op', 'path', 'from']) {
      const value = isObject(operation) ? operation[key] : undefined
      if (value === undefined || value === null || typeof value === 'string') continue
      const type = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value
      return `json: cannot unmarshal ${type} into Go struct field jsonPatchOp.${key} of type string`
    }
  }
  return undefined
}

/** A few copies of copies would fill any memory. Source: k8s.io/apiserver, AccumulatedCopySizeLimit */
const mostCopied = 3 * 1024 * 1024

function apply(work: Work, operation: JsonObject): void {
  const op = operation['op']
  const path = pathIn(operation, 'path', op)
  switch (op) {
    case 'add':
      return add(locate(work, path, 'add'), clone(operation['value']), path)
    case 'remove':
      return remove(locate(work, path, 'remove'), path)
    case 'replace':
      return replace(work, path, clone(operation['value']))
    case 'test':
      return test(work, path, operation['value'])
    case 'move': {
      const from = pathIn(operation, 'from', op)
      const source = locate(work, from, 'move')
      const value = get(source, from)
      remove(source, from)
      return add(locate(work, path, 'move'), value ?? null, path)
    }
    case 'copy': {
      const from = pathIn(operation, 'from', op)
      const value = get(locate(work, from, 'copy'), from) ?? null
      return add(locate(work, path, 'copy'), copy(work, value), path)
    }
    default:
      throw new JsonPatchError(`Unexpected kind: ${typeof op === 'string' ? op : 'unknown'}`)
  }
}

function pathIn(operation: JsonObject, key: 'path' | 'from', op: JsonValue | undefined): string {
  const path = operation[key]
  if (typeof path === 'string') return path
  throw new JsonPatchError(`${String(op)} operation failed to decode ${key}: missing value`)
}

function copy(work: Work, value: DraftValue): DraftValue {
  work.copied += JSON.stringify(value).length
  if (work.copied <= mostCopied) return clone(value)
  throw new JsonPatchError(
    `Unable to complete the copy, the accumulated size increase of copy is ${work.copied}, exceeding the limit ${mostCopied}`,
  )
}

function clone(value: JsonValue | undefined): DraftValue {
  return structuredClone(value ?? null) as DraftValue
}

interface Place {
  readonly parent: Container
  readonly key: string
}

function locate(work: Work, path: string, what: string): Place {
  const parts = path.split('/').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
  const missing = () => new JsonPatchError(`${what} operation does not apply: doc is missing path: ${JSON.stringify(path)}: missing value`)
  if (parts.length < 2 || parts.includes('__proto__')) throw missing()
  let parent = work.document
  for (const key of parts.slice(1, -1)) {
    if (!Array.isArray(parent) && !isObject(parent)) throw missing()
    const index = Array.isArray(parent) ? indexIn(parent, key, parent.length - 1) : undefined
    const next: DraftValue | undefined = Array.isArray(parent) ? parent[index ?? -1] : member(parent, key)
    if (next === undefined) throw missing()
    parent = next
  }
  if (!Array.isArray(parent) && !isObject(parent)) throw missing()
  return { parent, key: parts.at(-1) ?? '' }
}

/** What is there itself, not what every JavaScript object has. */
function member(parent: Draft, key: string): DraftValue | undefined {
  return Object.hasOwn(parent, key) ? parent[key] : undefined
}

/** Where in the list; counted from the end when negative. Undefined when it is no place there. */
function indexIn(list: readonly DraftValue[], key: string, last: number): number | undefined {
  if (!/^[+-]?\d+$/.test(key)) return undefined
  const index = Number(key) < 0 ? Number(key) + last + 1 : Number(key)
  return index >= 0 && index <= last && index <= list.length ? index : undefined
}

function placeIn(list: readonly DraftValue[], key: string, path: string, last: number): number {
  const index = indexIn(list, key, last)
  if (index !== undefined) return index
  throw new JsonPatchError(`error for path: '${path}': Unable to access invalid index: ${key}: invalid index referenced`)
}

function get({ parent, key }: Place, path: string): DraftValue | undefined {
  return Array.isArray(parent) ? parent[placeIn(parent, key, path, parent.length - 1)] : member(parent, key)
}

function add({ parent, key }: Place, value: DraftValue, path: string): void {
  if (!Array.isArray(parent)) parent[key] = value
  else if (key === '-') parent.push(value)
  else parent.splice(placeIn(parent, key, path, parent.length), 0, value)
}

function remove({ parent, key }: Place, path: string): void {
  if (Array.isArray(parent)) return void parent.splice(placeIn(parent, key, path, parent.length - 1), 1)
  if (!Object.hasOwn(parent, key))
    throw new JsonPatchError(`error in remove for path: '${path}': Unable to remove nonexistent key: ${key}: missing value`)
  delete parent[key]
}

function replace(work: Work, path: string, value: DraftValue): void {
  if (path === '') {
    work.document = value
    return
  }
  const { parent, key } = locate(work, path, 'replace')
  if (Array.isArray(parent)) parent[placeIn(parent, key, path, parent.length - 1)] = value
  else parent[key] = value
}

function test(work: Work, path: string, wanted: JsonValue | undefined): void {
  const value = path === '' ? work.document : get(locate(work, path, 'test'), path)
  if (!same(value ?? null, wanted ?? null)) throw new JsonPatchError(`testing value ${path} failed: test failed`)
}
