import { readFileSync } from 'node:fs'

/**
 * Kubernetes' protobuf, read. Since 1.32 kubectl's typed commands (`create deployment`, `create configmap`, …) send
 * their objects so, and do not fall back to JSON; answers they take as JSON.
 * Source: k8s.io/apimachinery/pkg/runtime/serializer/protobuf and the fields' numbers in `manifests/simulator/protobuf.json`.
 */
export const protobufType = 'application/vnd.kubernetes.protobuf'

/** By kind (`apps/v1/Deployment`) its message; by message and field number `name type`, the type as `Reader.value` has it. */
interface Messages {
  readonly kinds: Readonly<Record<string, string>>
  readonly messages: Readonly<Record<string, Readonly<Record<string, string>>>>
}

type Json = string | number | boolean | null | Json[] | { [name: string]: Json }

const magic = Buffer.from('k8s\0')
/** As deep as Kubernetes' own decoder goes. */
const deepest = 100

/**
 * Numbers and flags for which zero says something: they are pointers in Go, and are sent only when they are set. All
 * others are always sent, and their zero is what leaving them out means.
 */
const meaningfulZeros = new Set([
  'replicas',
  'parallelism',
  'completions',
  'backoffLimit',
  'activeDeadlineSeconds',
  'ttlSecondsAfterFinished',
  'suspend',
  'partition',
  'revisionHistoryLimit',
  'successfulJobsHistoryLimit',
  'failedJobsHistoryLimit',
  'startingDeadlineSeconds',
  'terminationGracePeriodSeconds',
  'gracePeriodSeconds',
  'automountServiceAccountToken',
  'enableServiceLinks',
  'shareProcessNamespace',
  'immutable',
  'optional',
  'readOnlyRootFilesystem',
  'allowPrivilegeEscalation',
  'privileged',
  'runAsNonRoot',
  'runAsUser',
  'runAsGroup',
  'fsGroup',
  'tolerationSeconds',
  'minReplicas',
  'allocateLoadBalancerNodePorts',
  'blockOwnerDeletion',
  'controller',
  'orphanDependents',
  'allowVolumeExpansion',
  'expirationSeconds',
  'defaultMode',
  'mode',
])

let loaded: Messages | undefined

function messages(): Messages {
  loaded ??= JSON.parse(readFileSync(new URL('../../manifests/simulator/protobuf.json', import.meta.url), 'utf8')) as Messages
  return loaded
}

/** An object as JSON text. @throws Error when it is not an object that we know, or not whole */
export function protobufToJson(body: Uint8Array): string {
  if (!magic.equals(body.subarray(0, 4)))
    throw new Error('provided data does not appear to be a protobuf message, expected prefix 6b 38 73 0')
  const envelope = new Map(new Wire(body.subarray(4)).fields())
  const typeMeta = new Map(new Wire(bytesIn(envelope.get(1))).fields())
  const [apiVersion, kind] = [text(typeMeta.get(1)), text(typeMeta.get(2))]
  const message = messages().kinds[`${apiVersion}/${kind}`]
  if (message === undefined) throw new Error(`no kind "${kind}" is registered for version "${apiVersion}"`)
  return JSON.stringify({ apiVersion, kind, ...readMessage(bytesIn(envelope.get(2)), message, 0) })
}

type Value = bigint | Uint8Array

function readMessage(bytes: Uint8Array, name: string, depth: number): Record<string, Json> {
  const fields = messages().messages[name]
  if (!fields || depth > deepest) throw new Error(`the message ${name} cannot be read`)
  const object: Record<string, Json> = {}
  for (const [number, value] of new Wire(bytes).fields()) {
    const [field, ...type] = fields[number]?.split(' ') ?? []
    if (field !== undefined) setField(object, field, type, value, depth)
  }
  return object
}

function setField(object: Record<string, Json>, field: string, type: readonly string[], value: Value, depth: number): void {
  const [first = '', second = ''] = type
  if (first === 'inline') {
    Object.assign(object, readMessage(bytesIn(value), second, depth + 1))
  } else if (first === 'list') {
    const list = object[field]
    const item = readValue(second, value, depth) ?? null
    if (Array.isArray(list)) list.push(item)
    else object[field] = [item]
  } else if (first === 'map') {
    const entry = new Map(new Wire(bytesIn(value)).fields())
    const old = object[field]
    const map = typeof old === 'object' && old !== null && !Array.isArray(old) ? old : {}
    object[field] = { ...map, [text(entry.get(1))]: readValue(second, entry.get(2) ?? new Uint8Array(), depth) ?? null }
  } else {
    const read = readValue(first, value, depth)
    if (read !== undefined && (!isZero(read) || meaningfulZeros.has(field))) object[field] = read
  }
}

const isZero = (value: Json) => value === '' || value === 0 || value === false

/** @returns undefined for what JSON leaves out */
function readValue(type: string, value: Value, depth: number): Json | undefined {
  switch (type) {
    case 'string':
      return text(value)
    case 'int':
      return Number(BigInt.asIntN(64, numberIn(value)))
    case 'bool':
      return numberIn(value) !== 0n
    case 'double':
      return Buffer.from(bytesIn(value)).readDoubleLE()
    case 'bytes':
      return Buffer.from(bytesIn(value)).toString('base64')
    default:
      return readSpecial(type, bytesIn(value)) ?? (type in messages().messages ? readMessage(bytesIn(value), type, depth + 1) : undefined)
  }
}

/** Types that have a JSON form of their own. */
function readSpecial(type: string, bytes: Uint8Array): Json | undefined {
  const fields = () => new Map(new Wire(bytes).fields())
  switch (type) {
    case 'time':
    case 'microtime': {
      if (bytes.length === 0) return undefined
      const seconds = Number(BigInt.asIntN(64, numberIn(fields().get(1) ?? 0n)))
      const nanos = String(Number(fields().get(2) ?? 0n)).padStart(9, '0')
      const whole = new Date(seconds * 1000).toISOString().slice(0, 19)
      return type === 'time' ? `${whole}Z` : `${whole}.${nanos.slice(0, 6)}Z`
    }
    case 'duration':
      return `${Number(BigInt.asIntN(64, numberIn(fields().get(1) ?? 0n))) / 1e9}s`
    case 'quantity':
      return text(fields().get(1))
    case 'intOrString':
      return numberIn(fields().get(1) ?? 0n) === 1n ? text(fields().get(3)) : Number(BigInt.asIntN(64, numberIn(fields().get(2) ?? 0n)))
    case 'raw':
    case 'fields':
      return JSON.parse(text(fields().get(1)) || 'null') as Json
    case 'strings':
      return [...new Wire(bytes).fields()].map(([, value]) => text(value))
    default:
      return undefined
  }
}

const text = (value: Value | undefined) => (value instanceof Uint8Array ? Buffer.from(value).toString() : '')

function bytesIn(value: Value | undefined): Uint8Array {
  if (typeof value === 'bigint') throw new Error('a number stands where a message is expected')
  return value ?? new Uint8Array()
}

function numberIn(value: Value): bigint {
  if (typeof value !== 'bigint') throw new Error('a message stands where a number is expected')
  return value
}

/** Protobuf's encoding. Source: https://protobuf.dev/programming-guides/encoding/ */
class Wire {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  *fields(): Generator<[number, Value]> {
    while (this.#at < this.#bytes.length) {
      const key = Number(this.#varint())
      yield [key >> 3, this.#value(key & 7)]
    }
  }

  #value(wireType: number): Value {
    switch (wireType) {
      case 0:
        return this.#varint()
      case 1:
        return this.#take(8)
      case 2:
        return this.#take(Number(this.#varint()))
      case 5:
        return this.#take(4)
      default:
        throw new Error(`proto: illegal wireType ${wireType}`)
    }
  }

  #varint(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 64n; shift += 7n) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) throw new Error('unexpected EOF')
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    throw new Error('proto: integer overflow')
  }

  #take(length: number): Uint8Array {
    const end = this.#at + length
    if (!(end <= this.#bytes.length)) throw new Error('unexpected EOF')
    const taken = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return taken
  }
}
