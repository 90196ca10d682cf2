import { badRequest, notFound } from './errors.ts'
import { itemText, listText, metadataText, objectText } from './json-text.ts'
import { answer, answerText, negotiate, notAcceptable } from './respond.ts'
import { checkListOptions, checkRevision, expiredList, listRequest, writeToken } from './list-options.ts'
import { watchStream } from './watch.ts'
import { behaviourOf } from '../resources/behaviours.ts'
import { shownAs } from '../resources/versions.ts'
import { parseFieldSelector, parseLabelSelector, SelectorError } from '../store/selectors.ts'
import type { JsonObject, StoredObject } from '../resources/object.ts'
import type { Resource } from '../resources/registry.ts'
import type { TablePrinter } from '../tables/table.ts'
import type { Call } from './call.ts'
import type { ApiError } from './door.ts'
import type { ApiResponse } from './http.ts'
import type { Operations } from './operations.ts'
import type { Accepted } from './respond.ts'

/** Answers `get`, `list` and `watch`. */
export class Reader {
  readonly #operations: Operations
  readonly #tables: TablePrinter

  constructor(operations: Operations, tables: TablePrinter) {
    this.#operations = operations
    this.#tables = tables
  }

  get(call: Call): ApiResponse {
    const accepted = negotiate(call.request)
    checkRevision(call.request.query.get('resourceVersion') ?? '', this.#operations.store.revision)
    return this.object(call, 200, this.find(call), accepted)
  }

  /** @throws ApiError NotFound */
  find(call: Call): StoredObject {
    const object = this.#operations.store.get(call.resource.table, call.namespace, call.name ?? '')
    if (!object) throw notFound(call.resource, call.name ?? '')
    return object
  }

  /** One object, as the client wants to see it. */
  object(call: Call, status: number, stored: StoredObject, accepted = negotiate(call.request)): ApiResponse {
    const object = shownAs(call.resource, stored)
    const { as, format } = accepted
    if (as?.kind === 'PartialObjectMetadataList') throw mismatch(as.kind, 'is not a list', goTypeOf(call.resource))
    if (as) {
      const shown =
        as.kind === 'Table'
          ? this.#tables.table(call.resource, [object], object.metadata.resourceVersion ?? '', includeOf(call))
          : partial(object)
      return answer(status, { ...shown, apiVersion: as.apiVersion }, call.warnings, format)
    }
    if (accepted.format === 'json') return answerText(status, `${objectText(object)}\n`, call.warnings)
    return answer(status, object, call.warnings, accepted.format)
  }

  list(call: Call): ApiResponse {
    const accepted = negotiate(call.request)
    const page = this.#page(call)
    const { metadata } = page
    const items = page.items.map((item) => shownAs(call.resource, item))
    const { as, format } = accepted
    if (as?.kind === 'PartialObjectMetadata') throw mismatch(as.kind, 'is a list', `${goTypeOf(call.resource)}List`)
    if (as?.kind === 'Table') {
      const { rows, ...table } = this.#tables.table(call.resource, items, metadata.resourceVersion, 'None')
      const head = { ...table, apiVersion: as.apiVersion, metadata }
      const written = (rows as readonly JsonObject[]).map((row, index) => rowText(row, items[index], includeOf(call)))
      return this.#listed(call, head, 'rows', written, format)
    }
    if (as) {
      const head = { kind: as.kind, apiVersion: as.apiVersion, metadata }
      return this.#listed(call, head, 'items', items.map(metadataText), format)
    }
    const head = { kind: `${call.resource.kind}List`, apiVersion: call.resource.groupVersion, metadata }
    if (accepted.format === 'json') return answerText(200, listText(head, 'items', items.map(itemText)), call.warnings)
    const bare = items.map(({ apiVersion: _apiVersion, kind: _kind, ...rest }) => rest)
    return answer(200, { ...head, items: bare }, call.warnings, accepted.format)
  }

  #listed(call: Call, head: JsonObject, field: string, written: readonly string[], format: Accepted['format']): ApiResponse {
    const text = listText(head, field, written)
    return format === 'json' ? answerText(200, text, call.warnings) : answer(200, JSON.parse(text) as JsonObject, call.warnings, format)
  }

  watch(call: Call): ApiResponse {
    const accepted = negotiate(call.request)
    const { store, platform } = this.#operations
    const show = accepted.as === undefined ? undefined : this.#shower(call, accepted)
    return {
      status: 200,
      headers: { 'content-type': 'application/json', 'cache-control': 'no-cache, private', ...warningHeader(call) },
      body: watchStream(call, { store, platform, matches: matcher(call), show }),
    }
  }

  /** How a watch shows its objects. Only the first table carries its columns. */
  #shower(call: Call, accepted: Accepted): (object: StoredObject) => JsonObject {
    let first = true
    return (stored) => {
      const object = shownAs(call.resource, stored)
      if (accepted.as?.kind === 'PartialObjectMetadata') return partial(object)
      if (accepted.as?.kind !== 'Table') return object
      const table = this.#tables.table(call.resource, [object], object.metadata.resourceVersion ?? '', includeOf(call))
      const shown = first ? table : { ...table, columnDefinitions: null }
      first = false
      return shown
    }
  }

  #page(call: Call): Page {
    const { query } = call.request
    checkListOptions(query)
    const matches = matcher(call)
    const { store } = this.#operations
    const { revision = store.revision, start, limit } = listRequest(query, store.revision)
    let all: readonly StoredObject[]
    try {
      all = store.listAt(call.resource.table, revision, call.namespace).filter(matches)
    } catch {
      throw expiredList(start)
    }
    const rest = start === undefined ? all : all.filter((object) => keyOf(object) >= start)
    const items = limit > 0 ? rest.slice(0, limit) : rest
    const last = items.at(-1)
    const remaining = rest.length - items.length
    if (remaining === 0 || !last) return { items, metadata: { resourceVersion: String(revision) } }
    // Nobody has counted what a selector would leave.
    const counted = !query.get('labelSelector') && !query.get('fieldSelector')
    const metadata = {
      resourceVersion: String(revision),
      continue: writeToken(revision, `${keyOf(last)}\0`),
      ...(counted && { remainingItemCount: remaining }),
    }
    return { items, metadata }
  }
}

interface Page {
  readonly items: readonly StoredObject[]
  /** Of the list. */
  readonly metadata: JsonObject & { readonly resourceVersion: string }
}

function keyOf({ metadata }: StoredObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name ?? ''}`
}

/** What the query selects. @throws ApiError BadRequest */
export function matcher(call: Call): (object: StoredObject) => boolean {
  const { query } = call.request
  try {
    const labels = parseLabelSelector(query.get('labelSelector') ?? '')
    const fields = parseFieldSelector(query.get('fieldSelector') ?? '')
    for (const { field } of fields) checkField(call.resource, field)
    const name = call.name
    return (object) => {
      if (call.namespace !== undefined && object.metadata.namespace !== call.namespace) return false
      if (name !== undefined && object.metadata.name !== name) return false
      if (!labels(object.metadata.labels)) return false
      if (fields.length === 0) return true
      const values = fieldsOf(call.resource, object)
      return fields.every(({ field, value, negative }) => (values[field] === value) !== negative)
    }
  } catch (error) {
    if (error instanceof SelectorError) throw badRequest(error.message)
    throw error
  }
}

function fieldsOf(resource: Resource, object: StoredObject): { readonly [field: string]: string } {
  return {
    'metadata.name': object.metadata.name ?? '',
    ...(resource.namespaced && { 'metadata.namespace': object.metadata.namespace ?? '' }),
    ...behaviourOf(resource).fields?.(object),
  }
}

const BLANK: StoredObject = { apiVersion: '', kind: '', metadata: {} }

function checkField(resource: Resource, field: string): void {
  if (field in fieldsOf(resource, BLANK)) return
  if (behaviourOf(resource).fields) throw new SelectorError(`field label not supported: ${field}`)
  throw new SelectorError(`${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`)
}

function partial(object: StoredObject): JsonObject {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata }
}

function rowText(row: JsonObject, object: StoredObject | undefined, include: ReturnType<typeof includeOf>): string {
  const cells = JSON.stringify(row)
  if (!object || include === 'None') return cells
  return `${cells.slice(0, -1)},"object":${include === 'Object' ? objectText(object) : metadataText(object)}}`
}

/** @throws ApiError BadRequest. Source: k8s.io/apiserver, endpoints/handlers/response.go */
function includeOf(call: Call): 'None' | 'Metadata' | 'Object' {
  const include = call.request.query.get('includeObject') || 'Metadata'
  if (include === 'None' || include === 'Object' || include === 'Metadata') return include
  throw badRequest(
    `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(include)}: must be 'Metadata', 'Object', 'None', or empty`,
  )
}

function mismatch(asked: string, why: string, type: string): ApiError {
  return notAcceptable(`you requested ${asked}, but the requested object ${why} (${type})`)
}

/** What Go calls the kind inside the server. */
function goTypeOf({ group, kind, custom }: Resource): string {
  return custom ? '*unstructured.Unstructured' : `*${group === '' ? 'core' : (group.split('.')[0] ?? '')}.${kind}`
}

function warningHeader(call: Call): { readonly warning?: readonly string[] } {
  return call.warnings.length > 0 ? { warning: call.warnings.map((text) => `299 - ${JSON.stringify(text)}`) } : {}
}
