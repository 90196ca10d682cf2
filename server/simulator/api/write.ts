import { ApiError } from './door.ts'
import { badRequest, conflict, invalidObject, methodNotAllowed, notFound } from './errors.ts'
import { isTrue } from './call.ts'
import { checkKind, mediaType, parseJson, readObject, textOf } from './body.ts'
import { checkDryRun, invalidOptions, readDeleteOptions } from './write-options.ts'
import { withRequestor, withTransitions } from './auth-certificates.ts'
import { matcher } from './read.ts'
import { answer } from './respond.ts'
import { parseYaml } from './yaml.ts'
import { checkPatchType } from '../custom/request.ts'
import { applyPatch } from '../patch/apply.ts'
import { jsonPatch, JsonPatchError, mistypedMember, unknownMembers } from '../patch/json-patch.ts'
import { ignoredBy, recordUpdate } from '../patch/managed-fields.ts'
import { mergePatch } from '../patch/merge-patch.ts'
import { goValue, strategicPatch, StrategicPatchError } from '../patch/strategic.ts'
import { behaviourOf } from '../resources/behaviours.ts'
import { isObject } from '../resources/draft.ts'
import { shownAs, storedFrom } from '../resources/versions.ts'
import { forbidden, invalid, required, tooLong, unsupported } from '../resources/field-error.ts'
import type { Part } from '../resources/behaviour.ts'
import type { JsonObject, JsonValue, StoredObject } from '../resources/object.ts'
import type { Resource } from '../resources/registry.ts'
import type { Auth } from './auth.ts'
import type { Call } from './call.ts'
import type { DeleteOptions } from './door.ts'
import type { ApiResponse } from './http.ts'
import type { Operations, WriteOptions } from './operations.ts'
import type { Reader } from './read.ts'

/** Answers what changes objects. */
export class Writer {
  readonly #operations: Operations
  readonly #reader: Reader

  readonly #auth: Auth

  constructor(operations: Operations, reader: Reader, auth: Auth) {
    this.#operations = operations
    this.#reader = reader
    this.#auth = auth
  }

  create(call: Call): ApiResponse {
    const options = this.#options(call, 'CreateOptions', 'Update')
    const { object, duplicates } = readObject(call, call.resource.kind)
    this.#check(call, object)
    checkNamespace(call, object)
    this.#complain(call, duplicates)
    const stored = this.#operations.create(
      this.#storage(call),
      call.namespace,
      withRequestor(call.resource.table, this.#incoming(call, object), call.user),
      options,
    )
    return this.#reader.object(call, 201, stored)
  }

  update(call: Call, part: Part): ApiResponse {
    const options = this.#options(call, 'UpdateOptions', 'Update')
    const { object, duplicates } = readObject(call, call.resource.kind)
    this.#check(call, object)
    this.#complain(call, duplicates)
    checkNames(call, object)
    const stored = this.#operations.update(
      this.#storage(call),
      call.namespace,
      call.name ?? '',
      this.#incoming(call, object),
      part,
      options,
    )
    return this.#reader.object(call, 200, stored)
  }

  patch(call: Call, part: Part): ApiResponse {
    const type = mediaType(call)
    if (type === 'application/apply-patch+yaml') return this.#apply(call, part)
    const patched = this.patched(call, type)
    if (call.request.query.has('force'))
      throw invalidOptions('PatchOptions', forbidden('force', 'may not be specified for non-apply patch'))
    const options = this.#options(call, 'PatchOptions', 'Update')
    checkNames(call, patched)
    const stored = this.#operations.update(this.#storage(call), call.namespace, call.name ?? '', this.#incoming(call, patched), part, {
      ...options,
      undecodable: undecodable(call, type, patched),
    })
    return this.#reader.object(call, 200, stored)
  }

  /** The object as the patch leaves it. @throws ApiError */
  patched(call: Call, type: string, current?: JsonObject, schema = call.resource.schema): JsonObject {
    if (call.resource.custom && current === undefined) checkPatchType(type)
    const before = current ?? shownAs(call.resource, this.#reader.find(call))
    const text = textOf(call)
    const prefix = type === 'application/strategic-merge-patch+json' ? '' : 'error decoding patch: '
    const patch = parseJson(text, (why) => badRequest(`${prefix}${why}`))
    try {
      if (type === 'application/json-patch+json') {
        if (!Array.isArray(patch))
          throw badRequest(
            `error decoding patch: json: cannot unmarshal ${isObject(patch) ? 'object' : typeof patch} into Go value of type []handlers.jsonPatchOp`,
          )
        const stray = (patch as readonly JsonValue[]).find((operation) => !isObject(operation) && operation !== null)
        if (stray !== undefined)
          throw badRequest(
            `error decoding patch: json: cannot unmarshal ${Array.isArray(stray) ? 'array' : typeof stray === 'boolean' ? 'bool' : typeof stray} into Go value of type handlers.jsonPatchOp`,
          )
        const mistake = mistypedMember(patch)
        if (mistake !== undefined) throw badRequest(`error decoding patch: ${mistake}`)
        if (patch.length > mostPatchOperations)
          throw new ApiError(
            413,
            'RequestEntityTooLarge',
            `Request entity too large: The allowed maximum operations in a JSON patch is ${mostPatchOperations}, got ${patch.length}`,
            {},
          )
        this.#complain(call, unknownMembers(patch))
        return jsonPatch(before, patch)
      }
      if (patch === null && type === 'application/merge-patch+json') throw badRequest('Invalid JSON Patch')
      if (patch === null) return before
      if (!isObject(patch))
        throw badRequest(
          `${prefix}json: cannot unmarshal ${Array.isArray(patch) ? 'array' : typeof patch} into Go value of type map[string]interface {}`,
        )
      if (type === 'application/merge-patch+json' || schema === undefined) return mergePatch(before, patch) as JsonObject
      return strategicPatch(this.#operations.schemas, schema, before, patch)
    } catch (error) {
      if (error instanceof JsonPatchError)
        throw new ApiError(422, 'Invalid', 'the server rejected our request due to an error in our request', {})
      if (error instanceof StrategicPatchError) throw error.refused ? badRequest(error.message) : new ApiError(500, '', error.message)
      throw error
    }
  }

  delete(call: Call): ApiResponse {
    const resource = this.#storage(call)
    const options = this.#deleteOptions(call)
    const { object, gone } = this.#operations.delete(resource, call.namespace, call.name ?? '', options)
    if (!gone || behaviourOf(resource).returnsDeleted) return this.#reader.object(call, 200, object)
    const details = {
      name: object.metadata.name ?? '',
      ...(resource.group && { group: resource.group }),
      kind: resource.resource,
      ...(object.metadata.uid && { uid: object.metadata.uid }),
    }
    return answer(200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details }, call.warnings)
  }

  deleteCollection(call: Call): ApiResponse {
    const resource = this.#storage(call)
    const options = this.#deleteOptions(call)
    const doomed = this.#operations.store.list(resource.table, call.namespace).filter(matcher(call))
    const items = doomed.map(
      (object) => this.#operations.delete(resource, object.metadata.namespace, object.metadata.name ?? '', options).object,
    )
    const bare = items.map((item) => shownAs(call.resource, item)).map(({ apiVersion: _apiVersion, kind: _kind, ...rest }) => rest)
    const metadata = { resourceVersion: String(this.#operations.store.revision) }
    return answer(200, { kind: `${call.resource.kind}List`, apiVersion: call.resource.groupVersion, metadata, items: bare }, call.warnings)
  }

  /** Server-side apply. */
  #apply(call: Call, part: Part): ApiResponse {
    const manager = call.request.query.get('fieldManager')
    if (!manager) throw invalidOptions('PatchOptions', required('fieldManager', 'is required for apply patch'))
    const options = this.#options(call, 'PatchOptions', 'Apply')
    const { value: sent, duplicates } = parseYaml(textOf(call), (why) =>
      badRequest(`error decoding YAML: error converting YAML to JSON: ${why}`),
    )
    if (!isObject(sent))
      throw badRequest(
        `error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${Array.isArray(sent) ? 'array' : typeof sent} into Go value of type map[string]interface {}`,
      )
    checkType(call, sent)
    this.#complain(call, duplicates, 'error strict decoding YAML')
    const storage = this.#storage(call)
    const body = storedFrom(call.resource, storage, sent)
    const current = this.#operations.store.get(storage.table, call.namespace, call.name ?? '')
    const force = isTrue(call.request.query.get('force'))
    const subresource = part === 'main' ? undefined : part
    const applied = applyPatch({
      schemas: this.#operations.schemas,
      schema: storage.schema ?? '',
      current,
      sent: body,
      manager,
      force,
      now: this.#operations.platform.clock.now(),
      subresource,
      ignored: ignoredBy(subresource, storage.subresources.has('status')),
    })
    if (current) {
      checkNames(call, applied)
      const stored = this.#operations.update(storage, call.namespace, call.name ?? '', applied, part, { ...options, manage: undefined })
      return this.#reader.object(call, 200, stored)
    }
    if (part !== 'main') throw notFound(call.resource, call.name ?? '')
    const uid = isObject(applied['metadata']) ? applied['metadata']['uid'] : undefined
    if (typeof uid === 'string' && uid !== '')
      throw conflict(
        call.resource,
        call.name ?? '',
        `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
      )
    checkNames(call, applied)
    return this.#reader.object(call, 201, this.#operations.create(storage, call.namespace, applied, { ...options, manage: undefined }))
  }

  /** Custom objects are held to the version that they are written in. */
  #storage(call: Call): Resource {
    return call.resource.custom ? call.resource : this.#operations.registry.storageOf(call.resource)
  }

  #incoming(call: Call, body: JsonObject): JsonObject {
    const stored = withTransitions(
      call.resource.table,
      storedFrom(call.resource, this.#storage(call), body),
      this.#operations.platform.clock.now(),
    )
    if (call.resource.table !== 'v1/namespaces' || call.subresource === 'finalize' || call.name === undefined) return stored
    // A namespace's own finalizers go through `finalize` only.
    const current = this.#operations.get('Namespace', undefined, call.name)
    return current
      ? { ...stored, spec: { ...(isObject(stored['spec']) ? stored['spec'] : {}), finalizers: current.spec?.finalizers ?? [] } }
      : stored
  }

  #check(call: Call, body: JsonObject): void {
    checkKind(call, body, (groupVersion, kind) => this.#operations.schemas.nameOf(groupVersion, kind) !== undefined)
  }

  #complain(call: Call, duplicates: readonly string[], refused?: string): void {
    const validation = call.request.query.get('fieldValidation') || 'Warn'
    if (duplicates.length === 0 || validation === 'Ignore') return
    if (validation === 'Warn') return void call.warnings.push(...duplicates)
    if (refused) throw badRequest(`${refused}: ${duplicates.join(', ')}`)
    throw badRequest(
      `${call.resource.kind} in version ${JSON.stringify(call.resource.version)} cannot be handled as a ${call.resource.kind}: strict decoding error: ${duplicates.join(', ')}`,
    )
  }

  /** What the query asks of a write through a subresource that is another kind. @throws ApiError Invalid */
  subresourceOptions(call: Call): WriteOptions {
    const applies = mediaType(call).startsWith('application/apply-patch')
    return this.#options(call, call.request.method === 'PUT' ? 'UpdateOptions' : 'PatchOptions', applies ? 'Apply' : 'Update')
  }

  /** What the query asks of a write. @throws ApiError Invalid */
  #options(call: Call, kind: string, operation: 'Update' | 'Apply'): WriteOptions {
    const { query, headers } = call.request
    checkFieldManager(query.get('fieldManager') ?? '', kind)
    const dryRun = checkDryRun(query.getAll('dryRun'), kind)
    const validation = query.get('fieldValidation') || 'Warn'
    if (validation !== 'Strict' && validation !== 'Warn' && validation !== 'Ignore') {
      throw invalidOptions(kind, unsupported('fieldValidation', validation, ['Ignore', 'Strict', 'Warn']))
    }
    const manager = query.get('fieldManager') || headers['user-agent']?.split('/')[0] || 'unknown'
    const storage = this.#storage(call)
    const now = this.#operations.platform.clock.now()
    const manage = (object: StoredObject, old: StoredObject | undefined) =>
      recordUpdate({
        schemas: this.#operations.schemas,
        schema: storage.schema,
        object,
        old,
        manager,
        now,
        subresource: call.subresource,
        ignored: ignoredBy(call.subresource, storage.subresources.has('status')),
      })
    const guard = (object: StoredObject, old: StoredObject | undefined) =>
      this.#auth.checkEscalation(call.user, this.#storage(call), object, old)
    return {
      dryRun,
      validation,
      user: call.user,
      warn: (warning) => call.warnings.push(warning),
      guard,
      ...(operation === 'Update' && { manage }),
    }
  }

  #deleteOptions(call: Call): DeleteOptions & Pick<WriteOptions, 'dryRun' | 'user' | 'warn'> {
    return {
      ...readDeleteOptions(call, this.#operations.schemas),
      user: call.user,
      warn: (warning) => call.warnings.push(warning),
    }
  }
}

/** Source: k8s.io/apiserver, maxJSONPatchOperations */
const mostPatchOperations = 10_000

/** What makes no object is the patch's fault, and quoted: strategic patches as they are, others as what they make. */
export function undecodable(call: Call, type: string, patched: JsonObject): (why: string) => ApiError {
  return (why) => {
    const strategic = type === 'application/strategic-merge-patch+json'
    const wrong = strategic ? /^json: cannot unmarshal .* of type (int32|int64|bool|float64)$/.exec(why)?.[1] : undefined
    const quoted = strategic ? goValue(JSON.parse(textOf(call)) as JsonValue) : JSON.stringify(patched)
    return invalidObject({ group: '', kind: '' }, '', [invalid('patch', quoted, wrong ? `unrecognized type: ${wrong}` : why)])
  }
}

/** @see https://github.com/kubernetes/apimachinery/blob/master/pkg/apis/meta/v1/validation/validation.go ValidateFieldManager */
function checkFieldManager(manager: string, kind: string): void {
  if (manager.length > MOST_OF_MANAGER) throw invalidOptions(kind, tooLong('fieldManager', MOST_OF_MANAGER))
  if (/[^\P{C}]/u.test(manager)) throw invalidOptions(kind, invalid('fieldManager', manager, 'should only contain printable characters'))
}

const MOST_OF_MANAGER = 128

/** Source: k8s.io/apimachinery, util/managedfields/internal/versioncheck.go */
function checkType(call: Call, { apiVersion, kind }: JsonObject): void {
  const { groupVersion, kind: expected } = call.resource
  if (apiVersion === groupVersion && kind === expected) return
  const sent = typeof apiVersion === 'string' ? apiVersion : ''
  throw badRequest(`invalid object type: ${sent.includes('/') ? sent : `/${sent}`}, Kind=${typeof kind === 'string' ? kind : ''}`)
}

/** That an object is the one that the URL names. Source: k8s.io/apiserver, endpoints/handlers/rest.go checkName */
export function checkNames(call: Call, object: JsonObject): void {
  checkNamespace(call, object)
  const name = nameIn(object)
  if (name === undefined)
    throw badRequest(`the name of the object (${call.name ?? ''} based on URL) was undeterminable: name must be provided`)
  if (name !== call.name) throw badRequest(`the name of the object (${name}) does not match the name on the URL (${call.name ?? ''})`)
}

function nameIn(body: JsonObject): string | undefined {
  const metadata = body['metadata']
  const name = isObject(metadata) ? metadata['name'] : undefined
  return typeof name === 'string' && name !== '' ? name : undefined
}

/** @throws ApiError BadRequest */
export function checkNamespace(call: Call, body: JsonObject): void {
  const metadata = body['metadata']
  const namespace = isObject(metadata) ? metadata['namespace'] : undefined
  if (!call.resource.namespaced) return
  if (call.namespace === undefined) throw methodNotAllowed()
  if (typeof namespace === 'string' && namespace !== '' && namespace !== call.namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  }
}
