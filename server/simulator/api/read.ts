import { ApiError } from './door.ts'
import { isTrue } from './call.ts'
import { badRequest, notFound } from './errors.ts'
import { eventText, itemText, listText, metadataText, objectText } from './json-text.ts'
import { answer, answerText, negotiate } from './respond.ts'
import { initialEvents } from './local.ts'
import { behaviourOf } from '../resources/behaviours.ts'
import { shownAs } from '../resources/versions.ts'
import { parseFieldSelector, parseLabelSelector, SelectorError } from '../store/selectors.ts'
import type { JsonObject, StoredObject } from '../resources/object.ts'
import type { Resource } from '../resources/registry.ts'
import type { StoreEvent } from '../store/store.ts'
import type { TablePrinter } from '../tables/table.ts'
import type { Call } from './call.ts'
import type { ApiResponse, BodyStream } from './http.ts'
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
    if (accepted.as === 'Table')
      return answer(
        status,
        this.#tables.table(call.resource, [object], object.metadata.resourceVersion ?? '', includeOf(call)),
        call.warnings,
      )
    if (accepted.as === 'PartialObjectMetadata') return answer(status, partial(object), call.warnings)
    if (accepted.format === 'json') return answerText(status, `${objectText(object)}\n`, call.warnings)
    return answer(status, object, call.warnings, accepted.format)
  }

  list(call: Call): ApiResponse {
    const accepted = negotiate(call.request)
    const { query } = call.request
    const limit = integerParameter(query.get('limit'))
    const matches = matcher(call)
    const page = this.#page(call, limit, query.get('continue') ?? '', matches)
    const metadata = { resourceVersion: page.revision, ...(page.next && { continue: page.next, remainingItemCount: page.remaining }) }
    const items = page.items.map((item) => shownAs(call.resource, item))
    if (accepted.as === 'Table') {
      const { rows, ...table } = this.#tables.table(call.resource, items, page.revision, 'None')
      const written = (rows as readonly JsonObject[]).map((row, index) => rowText(row, items[index], includeOf(call)))
      return answerText(200, listText({ ...table, metadata }, 'rows', written), call.warnings)
    }
    if (accepted.as === 'PartialObjectMetadataList') {
      const head = { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1', metadata }
      return answerText(200, listText(head, 'items', items.map(metadataText)), call.warnings)
    }
    const head = { kind: `${call.resource.kind}List`, apiVersion: call.resource.groupVersion, metadata }
    if (accepted.format === 'json') return answerText(200, listText(head, 'items', items.map(itemText)), call.warnings)
    const bare = items.map(({ apiVersion: _apiVersion, kind: _kind, ...rest }) => rest)
    return answer(200, { ...head, items: bare }, call.warnings, accepted.format)
  }

  watch(call: Call): ApiResponse {
    const accepted = negotiate(call.request)
    const { query } = call.request
    const version = query.get('resourceVersion') ?? ''
    if (!/^\d*$/.test(version)) {
      throw new ApiError(
        500,
        '',
        `resourceVersion: Invalid value: ${JSON.stringify(version)}: strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`,
      )
    }
    const matches = matcher(call)
    const stream: BodyStream = (sink) => {
      const write = (event: JsonObject) => sink.write(`${JSON.stringify(event)}\n`)
      const show = this.#shower(call, accepted)
      const { store } = this.#operations
      let initial: readonly StoreEvent[]
      try {
        const fresh = version === '' || version === '0' || isTrue(query.get('sendInitialEvents') ?? 'false')
        initial = fresh
          ? initialEvents(store.list(call.resource.table), call.resource.table)
          : store.since(call.resource.table, Number(version))
      } catch (error) {
        if (!(error instanceof RangeError)) throw error
        const status = {
          kind: 'Status',
          apiVersion: 'v1',
          metadata: {},
          status: 'Failure',
          message: `too old resource version: ${version} (${store.oldest + 1})`,
          reason: 'Expired',
          code: 410,
        }
        write({ type: 'ERROR', object: status })
        sink.end()
        return () => undefined
      }
      const tell = (event: StoreEvent) => {
        const type = transition(event, matches)
        if (type === undefined) return
        if (accepted.as === undefined) sink.write(eventText(type, shownAs(call.resource, event.object)))
        else write({ type, object: show(event.object) })
      }
      const stop = store.watch(call.resource.table, initial, tell, { ended: () => gone() })
      if (query.get('sendInitialEvents') === 'true') queueMicrotask(() => write(this.#bookmark(call)))
      const cancel = this.#limit(query.get('timeoutSeconds'), () => {
        stop()
        sink.end()
      })
      const ends = call.resource.custom?.life.ends
      const gone = () => {
        stop()
        sink.end()
      }
      ends?.add(gone)
      return () => {
        ends?.delete(gone)
        stop()
        cancel()
      }
    }
    return {
      status: 200,
      headers: { 'content-type': 'application/json', 'cache-control': 'no-cache, private', ...warningHeader(call) },
      body: stream,
    }
  }

  #bookmark(call: Call): JsonObject {
    const metadata = { resourceVersion: String(this.#operations.store.revision), annotations: { 'k8s.io/initial-events-end': 'true' } }
    return { type: 'BOOKMARK', object: { kind: call.resource.kind, apiVersion: call.resource.groupVersion, metadata } }
  }

  #limit(seconds: string | null, end: () => void): () => void {
    const limit = Number(seconds ?? 0)
    return limit > 0 ? this.#operations.platform.clock.after(limit * 1000, end) : () => undefined
  }

  /** How a watch shows its objects. Only the first table carries its columns. */
  #shower(call: Call, accepted: Accepted): (object: StoredObject) => JsonObject {
    let first = true
    return (stored) => {
      const object = shownAs(call.resource, stored)
      if (accepted.as === 'PartialObjectMetadata') return partial(object)
      if (accepted.as !== 'Table') return object
      const table = this.#tables.table(call.resource, [object], object.metadata.resourceVersion ?? '', includeOf(call))
      const shown = first ? table : { ...table, columnDefinitions: null }
      first = false
      return shown
    }
  }

  #page(call: Call, limit: number, token: string, matches: (object: StoredObject) => boolean): Page {
    const { store } = this.#operations
    const from = token ? readToken(token) : undefined
    const asked = call.request.query.get('resourceVersion') ?? ''
    if (asked && Number(asked) > store.revision) throw tooLarge(asked, store.revision)
    const exact = call.request.query.get('resourceVersionMatch') === 'Exact' ? Number(asked) : undefined
    const revision = from?.revision ?? exact ?? store.revision
    let all: readonly StoredObject[]
    try {
      all = store.listAt(call.resource.table, revision, call.namespace).filter(matches)
    } catch {
      throw new ApiError(
        410,
        'Expired',
        'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
      )
    }
    const after = from ? all.filter((object) => keyOf(object) > from.key) : all
    const items = limit > 0 ? after.slice(0, limit) : after
    const last = items.at(-1)
    const remaining = after.length - items.length
    const next = remaining > 0 && last ? btoa(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start: keyOf(last) })) : ''
    return { items, revision: String(revision), next, remaining }
  }
}

interface Page {
  readonly items: readonly StoredObject[]
  readonly revision: string
  readonly next: string
  readonly remaining: number
}

function keyOf({ metadata }: StoredObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name ?? ''}`
}

function readToken(token: string): { readonly revision: number; readonly key: string } {
  try {
    const { rv, start } = JSON.parse(atob(token)) as { readonly rv: number; readonly start: string }
    return { revision: rv, key: start }
  } catch {
    throw badRequest("invalid continue token: continue key is not valid: invalid character '\\x8e' looking for beginning of value")
  }
}

function tooLarge(asked: string, current: number): ApiError {
  return new ApiError(504, 'Timeout', `Timeout: Too large resource version: ${asked}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  })
}

function integerParameter(value: string | null): number {
  if (value === null || value === '') return 0
  if (!/^-?\d+$/.test(value)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`)
  return Number(value)
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

/** What a change means to somebody who sees only what matches. */
function transition(event: StoreEvent, matches: (object: StoredObject) => boolean): StoreEvent['type'] | undefined {
  const now = matches(event.object)
  if (event.type === 'ADDED') return now ? 'ADDED' : undefined
  const before = event.old !== undefined && matches(event.old)
  if (event.type === 'DELETED') return before ? 'DELETED' : undefined
  if (now) return before ? 'MODIFIED' : 'ADDED'
  return before ? 'DELETED' : undefined
}

function partial(object: StoredObject): JsonObject {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata }
}

function rowText(row: JsonObject, object: StoredObject | undefined, include: ReturnType<typeof includeOf>): string {
  const cells = JSON.stringify(row)
  if (!object || include === 'None') return cells
  return `${cells.slice(0, -1)},"object":${include === 'Object' ? objectText(object) : metadataText(object)}}`
}

function includeOf(call: Call): 'None' | 'Metadata' | 'Object' {
  const include = call.request.query.get('includeObject')
  return include === 'None' || include === 'Object' ? include : 'Metadata'
}

function warningHeader(call: Call): { readonly warning?: readonly string[] } {
  return call.warnings.length > 0 ? { warning: call.warnings.map((text) => `299 - ${JSON.stringify(text)}`) } : {}
}
