import { checkBudget, markEvicted } from './eviction.ts'
import { issueToken } from './auth-token-request.ts'
import { badRequest, invalidObject } from './errors.ts'
import { mediaType, readObject } from './body.ts'
import { ApiError } from './door.ts'
import { bindPod } from './local.ts'
import { answer, negotiate } from './respond.ts'
import { scaleOf, scaleTable, withScale } from './scale.ts'
import { checkNames, checkNamespace, undecodable } from './write.ts'
import { invalid, required, unsupported } from '../resources/field-error.ts'
import { isObject } from '../resources/draft.ts'
import type { Pod } from '../resources/kinds.ts'
import type { JsonObject } from '../resources/object.ts'
import type { Auth } from './auth.ts'
import type { Call } from './call.ts'
import type { ApiResponse } from './http.ts'
import type { Operations } from './operations.ts'
import type { Reader } from './read.ts'
import type { Writer } from './write.ts'

const SCALE_SCHEMA = 'io.k8s.api.autoscaling.v1.Scale'
const WRONG_REPLICAS = 'json: cannot unmarshal string into Go struct field ScaleSpec.spec.replicas of type int32'

/** `scale`, `binding`, `eviction` and `token`. */
export class Subresources {
  readonly #operations: Operations
  readonly #reader: Reader
  readonly #writer: Writer
  readonly #auth: Auth

  constructor(operations: Operations, reader: Reader, writer: Writer, auth: Auth) {
    this.#operations = operations
    this.#reader = reader
    this.#writer = writer
    this.#auth = auth
  }

  getScale(call: Call): ApiResponse {
    return this.#shown(call, scaleOf(call.resource, this.#reader.find(call)))
  }

  /** A Scale has columns of its own: `kubectl get deployment web --subresource=scale`. */
  #shown(call: Call, scale: JsonObject): ApiResponse {
    const { as, format } = negotiate(call.request)
    if (as?.kind !== 'Table') return answer(200, scale, call.warnings, format)
    return answer(200, { ...scaleTable(scale, this.#operations.platform.clock.now()), apiVersion: as.apiVersion }, call.warnings, format)
  }

  /** Through PUT or PATCH of the scale, changes `spec.replicas`. @throws ApiError */
  setScale(call: Call): ApiResponse {
    const object = this.#reader.find(call)
    const current = scaleOf(call.resource, object)
    const sent = this.#sentScale(call, current)
    const replicas = (isObject(sent['spec']) ? sent['spec']['replicas'] : undefined) ?? 0
    if (typeof replicas !== 'number') throw badRequest(`Scale in version "v1" cannot be handled as a Scale: ${WRONG_REPLICAS}`)
    if (replicas < 0)
      throw invalidObject({ group: 'autoscaling', kind: 'Scale' }, call.name ?? '', [
        invalid('spec.replicas', replicas, 'must be greater than or equal to 0'),
      ])
    const version = isObject(sent['metadata']) ? sent['metadata']['resourceVersion'] : undefined
    const scaled = withScale(call.resource, object, replicas)
    const metadata = { ...object.metadata, ...(typeof version === 'string' && version && { resourceVersion: version }) }
    const options = this.#writer.subresourceOptions(call)
    const stored = this.#operations.update(call.resource, call.namespace, call.name ?? '', { ...scaled, metadata }, 'main', options)
    return this.#shown(call, scaleOf(call.resource, stored))
  }

  #sentScale(call: Call, current: JsonObject): JsonObject {
    const type = mediaType(call)
    if (call.request.method === 'PUT') {
      const { object } = readObject(call, 'Scale')
      checkScaleKind(object)
      checkNames(call, object)
      return object
    }
    const patched = this.#writer.patched(call, type, current, SCALE_SCHEMA)
    checkNames(call, patched)
    const replicas = isObject(patched['spec']) ? patched['spec']['replicas'] : undefined
    if (replicas !== undefined && replicas !== null && typeof replicas !== 'number') throw undecodable(call, type, patched)(WRONG_REPLICAS)
    return patched
  }

  /** By `pods/binding`, or by creating a Binding of the pod's name. Source: kubernetes pkg/registry/core/pod/storage, BindingREST */
  bind(call: Call): ApiResponse {
    const { object } = readObject(call, 'Binding')
    const named = isObject(object['metadata']) && typeof object['metadata']['name'] === 'string' ? object['metadata']['name'] : ''
    const name = call.name ?? named
    checkName(call, object, 'Binding')
    const { kind, name: node } = isObject(object['target']) ? object['target'] : {}
    const errors = [
      ...(kind && kind !== 'Node' ? [unsupported('target.kind', kind, ['<empty>', 'Node'])] : []),
      ...(typeof node === 'string' && node !== '' ? [] : [required('target.name')]),
    ].map(({ field, message }) => `${field}: ${message}`)
    if (errors.length > 0) throw new ApiError(500, '', errors.length === 1 ? (errors[0] ?? '') : `[${errors.join(', ')}]`)
    bindPod(this.#operations, call.namespace ?? '', name, String(node))
    return answer(201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 })
  }

  /** @see https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/ */
  evict(call: Call): ApiResponse {
    const pod = this.#reader.find(call)
    const { object } = readObject(call, 'Eviction')
    checkNamespace(call, object)
    checkName(call, object, 'Eviction')
    const options = isObject(object['deleteOptions']) ? object['deleteOptions'] : {}
    const evicted = pod as unknown as Pod
    checkBudget(evicted, this.#operations.list('PodDisruptionBudget', call.namespace))
    const grace = options['gracePeriodSeconds']
    const { uid, resourceVersion } = isObject(options['preconditions']) ? options['preconditions'] : {}
    const preconditions = {
      ...(typeof uid === 'string' && { uid }),
      ...(typeof resourceVersion === 'string' && { resourceVersion }),
    }
    this.#operations.checkPreconditions(call.resource, pod, { preconditions })
    if (call.request.query.get('dryRun') !== 'All') {
      markEvicted(this.#operations, evicted)
      this.#operations.delete(
        call.resource,
        call.namespace,
        call.name ?? '',
        typeof grace === 'number' ? { gracePeriodSeconds: grace } : {},
      )
    }
    return answer(201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 })
  }

  issueToken(call: Call): ApiResponse {
    return issueToken(call, this.#operations, this.#auth)
  }
}

function checkScaleKind(object: JsonObject): void {
  const { kind = 'Scale', apiVersion = 'autoscaling/v1' } = object
  if (kind === 'Scale' && typeof apiVersion === 'string' && apiVersion !== '') return
  const version = String(apiVersion).slice(String(apiVersion).indexOf('/') + 1)
  throw badRequest(
    `${String(kind)} in version ${JSON.stringify(version)} cannot be handled as a Scale: converting (${version}.${String(kind)}) to (autoscaling.Scale): unknown conversion`,
  )
}

/** Source: kubernetes pkg/registry/core/pod/storage, BindingREST and EvictionREST */
function checkName(call: Call, object: JsonObject, kind: string): void {
  const name = isObject(object['metadata']) ? object['metadata']['name'] : undefined
  if (name !== undefined && call.name !== undefined && name !== call.name)
    throw badRequest(`name in URL does not match name in ${kind} object`)
}
