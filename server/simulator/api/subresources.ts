import { checkBudget, markEvicted } from './eviction.ts'
import { issueToken } from './auth-token-request.ts'
import { badRequest, invalidObject } from './errors.ts'
import { mediaType, readObject } from './body.ts'
import { ApiError } from './door.ts'
import { bindPod } from './local.ts'
import { answer } from './respond.ts'
import { scaleOf, withScale } from './scale.ts'
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
    return answer(200, scaleOf(call.resource, this.#reader.find(call)), call.warnings)
  }

  /** Through PUT or PATCH of the scale, changes `spec.replicas`. @throws ApiError */
  setScale(call: Call): ApiResponse {
    const object = this.#reader.find(call)
    const current = scaleOf(call.resource, object)
    const sent =
      call.request.method === 'PUT' ? readObject(call, 'Scale').object : this.#writer.patched(call, mediaType(call), current, SCALE_SCHEMA)
    const replicas = (isObject(sent['spec']) ? sent['spec']['replicas'] : undefined) ?? 0
    if (typeof replicas !== 'number')
      throw badRequest(
        'Scale in version "v1" cannot be handled as a Scale: json: cannot unmarshal string into Go struct field ScaleSpec.spec.replicas of type int32',
      )
    if (replicas < 0)
      throw invalidObject({ group: 'autoscaling', kind: 'Scale' }, call.name ?? '', [
        invalid('spec.replicas', replicas, 'must be greater than or equal to 0'),
      ])
    const version = isObject(sent['metadata']) ? sent['metadata']['resourceVersion'] : undefined
    const scaled = withScale(call.resource, object, replicas)
    const metadata = { ...object.metadata, ...(typeof version === 'string' && version && { resourceVersion: version }) }
    const options = this.#writer.subresourceOptions(call)
    const stored = this.#operations.update(call.resource, call.namespace, call.name ?? '', { ...scaled, metadata }, 'main', options)
    return answer(200, scaleOf(call.resource, stored), call.warnings)
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
    checkName(call, object, 'Eviction')
    const options = isObject(object['deleteOptions']) ? object['deleteOptions'] : {}
    const evicted = pod as unknown as Pod
    checkBudget(evicted, this.#operations.list('PodDisruptionBudget', call.namespace))
    const grace = options['gracePeriodSeconds']
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

/** Source: kubernetes pkg/registry/core/pod/storage, BindingREST and EvictionREST */
function checkName(call: Call, object: JsonObject, kind: string): void {
  const name = isObject(object['metadata']) ? object['metadata']['name'] : undefined
  if (name !== undefined && call.name !== undefined && name !== call.name)
    throw badRequest(`name in URL does not match name in ${kind} object`)
}
