import { draftOf, isObject, same } from '../resources/draft.ts'
import type { Draft, DraftValue, JsonObject, JsonValue } from '../resources/object.ts'

/** A JSON patch that cannot be applied. */
export class JsonPatchError extends Error {}

type Container = Draft | DraftValue[]

/** JSON patch. @see https://www.rfc-editor.org/rfc/rfc6902 @throws JsonPatchError */
export function jsonPatch(target: JsonObject, operations: readonly JsonValue[]): JsonObject {
  const root: Draft = { '': draftOf(target) }
  const copied = { size: 0 }
  for (const operation of operations) {
    if (!isObject(operation)) throw new JsonPatchError('Unexpected kind: not an operation')
    apply(root, operation, copied)
  }
  const result = root['']
  if (!isObject(result)) throw new JsonPatchError('the patched document is not an object')
  return result
}

/** A few copies of copies would fill any memory. Source: k8s.io/apiserver, AccumulatedCopySizeLimit */
const mostCopied = 3 * 1024 * 1024

function copy(value: DraftValue, copied: { size: number }): DraftValue {
  copied.size += JSON.stringify(value).length
  if (copied.size > mostCopied)
    throw new JsonPatchError(
      `Unable to complete the copy, the accumulated size increase of copy is ${copied.size}, exceeding the limit ${mostCopied}`,
    )
  return clone(value)
}

function apply(root: Draft, operation: JsonObject, copied: { size: number }): void {
  const op = operation['op']
  const path = pointer(operation['path'])
  if (op === 'add') return add(root, path, clone(operation['value']))
  if (op === 'remove') return void remove(root, path, 'remove')
  if (op === 'replace') {
    read(root, path, 'replace')
    const { parent, key } = locate(root, path, 'replace')
    return set(parent, key, clone(operation['value']))
  }
  if (op === 'move') return add(root, path, remove(root, pointer(operation['from']), 'move'))
  if (op === 'copy') return add(root, path, copy(read(root, pointer(operation['from']), 'copy'), copied))
  if (op === 'test') {
    if (!same(read(root, path, 'test'), operation['value'] ?? null))
      throw new JsonPatchError(`testing value ${String(operation['path'])} failed: test failed`)
    return
  }
  throw new JsonPatchError(`Unexpected kind: ${String(op)}`)
}

function clone(value: JsonValue | undefined): DraftValue {
  return structuredClone(value ?? null) as DraftValue
}

function pointer(path: JsonValue | undefined): readonly string[] {
  if (typeof path !== 'string' || (path !== '' && !path.startsWith('/'))) throw new JsonPatchError('missing value')
  const parts = path.split('/').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
  if (parts.includes('__proto__')) throw new JsonPatchError('missing value')
  return parts
}

/** What is there itself, not what every JavaScript object has. */
function member(parent: Container, key: string): DraftValue | undefined {
  if (Array.isArray(parent)) return parent[Number(key)]
  return Object.hasOwn(parent, key) ? parent[key] : undefined
}

function locate(root: Draft, path: readonly string[], what: string): { readonly parent: Container; readonly key: string } {
  let parent: Container = root
  for (const key of path.slice(0, -1)) {
    const next: DraftValue | undefined = member(parent, key)
    if (!Array.isArray(next) && !isObject(next)) {
      throw new JsonPatchError(`${what} operation does not apply: doc is missing path: ${JSON.stringify(path.join('/'))}: missing value`)
    }
    parent = next
  }
  return { parent, key: path.at(-1) ?? '' }
}

function read(root: Draft, path: readonly string[], what: string): DraftValue {
  const { parent, key } = locate(root, path, what)
  const value = member(parent, key)
  if (value === undefined)
    throw new JsonPatchError(`${what} operation does not apply: doc is missing key: ${path.join('/')}: missing value`)
  return value
}

function add(root: Draft, path: readonly string[], value: DraftValue): void {
  const { parent, key } = locate(root, path, 'add')
  if (!Array.isArray(parent)) return set(parent, key, value)
  const index = key === '-' ? parent.length : Number(key)
  if (!Number.isInteger(index) || index < 0 || index > parent.length) {
    throw new JsonPatchError(
      `add operation does not apply: doc is missing path: ${JSON.stringify(path.join('/'))}: Unable to access invalid index: ${key}: invalid index referenced`,
    )
  }
  parent.splice(index, 0, value)
}

function set(parent: Container, key: string, value: DraftValue): void {
  if (Array.isArray(parent)) parent[Number(key)] = value
  else parent[key] = value
}

function remove(root: Draft, path: readonly string[], what: string): DraftValue {
  const value = read(root, path, what)
  const { parent, key } = locate(root, path, what)
  if (Array.isArray(parent)) parent.splice(Number(key), 1)
  else delete parent[key]
  return value
}
