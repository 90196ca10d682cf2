import { readFileSync, writeFileSync } from 'node:fs'
import { inflateRawSync } from 'node:zlib'

/**
 * Writes `manifests/simulator/protobuf.json`: the field numbers of Kubernetes' objects, for `http/kube-protobuf.ts`.
 * Every kubectl up to 1.33 carries them, as compressed file descriptors: `node server/tools/generate-protobuf.ts KUBECTL`.
 */
type Value = number | Uint8Array

interface Field {
  readonly name: string
  readonly repeated: boolean
  readonly type: number
  readonly message: string
}

const special: Readonly<Record<string, string>> = {
  'apis.meta.v1.Time': 'time',
  'apis.meta.v1.MicroTime': 'microtime',
  'apis.meta.v1.Duration': 'duration',
  'apis.meta.v1.FieldsV1': 'fields',
  'util.intstr.IntOrString': 'intOrString',
  'api.resource.Quantity': 'quantity',
  'runtime.RawExtension': 'raw',
  'authorization.v1.ExtraValue': 'strings',
  'authentication.v1.ExtraValue': 'strings',
  'certificates.v1.ExtraValue': 'strings',
}
/** Source: google/protobuf/descriptor.proto, FieldDescriptorProto.Type */
const scalars: Readonly<Record<number, string>> = { 1: 'double', 3: 'int', 4: 'int', 5: 'int', 8: 'bool', 9: 'string', 12: 'bytes' }
/** Sent to subresources, or as options: no resource of their own. */
const besides = {
  'v1/DeleteOptions': 'apis.meta.v1.DeleteOptions',
  'meta.k8s.io/v1/DeleteOptions': 'apis.meta.v1.DeleteOptions',
  'v1/Binding': 'core.v1.Binding',
  'autoscaling/v1/Scale': 'autoscaling.v1.Scale',
  'policy/v1/Eviction': 'policy.v1.Eviction',
  'authentication.k8s.io/v1/TokenRequest': 'authentication.v1.TokenRequest',
}
const target = new URL('../../manifests/simulator/protobuf.json', import.meta.url)
const schemas = JSON.parse(readFileSync(new URL('schemas.json', target), 'utf8')) as {
  readonly kinds: Record<string, string>
  readonly schemas: Record<string, { readonly properties?: object } | undefined>
}

const messages = new Map<string, Map<number, Field>>()
const maps = new Set<string>()

function varint(bytes: Uint8Array, from: number): [number, number] {
  let value = 0
  for (let at = from, shift = 1; ; at++, shift *= 128) {
    const byte = bytes[at] ?? 0
    value += (byte & 127) * shift
    if (byte < 128) return [value, at + 1]
  }
}

function fieldsOf(bytes: Uint8Array): [number, Value][] {
  const found: [number, Value][] = []
  for (let at = 0; at < bytes.length;) {
    const [key, after] = varint(bytes, at)
    const [number, next] = varint(bytes, after)
    const isBytes = (key & 7) === 2
    found.push([key >> 3, isBytes ? bytes.subarray(next, next + number) : number])
    at = isBytes ? next + number : next
  }
  return found
}

const text = (value: Value | undefined) => (value instanceof Uint8Array ? Buffer.from(value).toString() : '')
const bytesIn = (value: Value | undefined) => (value instanceof Uint8Array ? value : new Uint8Array())
const shorten = (name: string) => name.replace(/^\.?k8s\.io\.(apimachinery\.pkg|api)\./, '')

/** A DescriptorProto: 1 name, 2 fields, 3 nested messages, 7 options, of which 7 says that it is a map's entry. */
function addMessage(bytes: Uint8Array, scope: string): void {
  const parts = fieldsOf(bytes)
  const name = `${scope}.${text(parts.find(([number]) => number === 1)?.[1])}`
  const options = fieldsOf(bytesIn(parts.find(([number]) => number === 7)?.[1]))
  if (options.some(([number, value]) => number === 7 && value === 1)) maps.add(shorten(name))
  const fields = parts.filter(([number]) => number === 2).map(([, value]) => new Map(fieldsOf(bytesIn(value))))
  const described = fields.map((field): [number, Field] => [
    Number(field.get(3)),
    { name: text(field.get(1)), repeated: field.get(4) === 3, type: Number(field.get(5)), message: shorten(text(field.get(6))) },
  ])
  messages.set(shorten(name), new Map(described))
  for (const [number, value] of parts) if (number === 3) addMessage(bytesIn(value), name)
}

function readDescriptors(binary: Buffer): void {
  const magic = Buffer.from([0x1f, 0x8b, 8, 0, 0])
  for (let at = binary.indexOf(magic); at >= 0; at = binary.indexOf(magic, at + 1)) {
    const file = inflated(binary.subarray(at, at + 500_000))
    const parts = file ? fieldsOf(file) : []
    if (!text(parts.find(([number]) => number === 1)?.[1]).startsWith('k8s.io/')) continue
    const scope = text(parts.find(([number]) => number === 2)?.[1])
    for (const [number, value] of parts) if (number === 4) addMessage(bytesIn(value), scope)
  }
}

/** The descriptor that begins here, after the ten bytes of gzip's header; what follows it in the program is no part of it. */
function inflated(bytes: Buffer): Buffer | undefined {
  try {
    return inflateRawSync(bytes.subarray(10))
  } catch {
    return undefined
  }
}

function typeOf(message: string, field: Field, reached: Set<string>): string {
  const plain = (type: Field): string => {
    if (type.type !== 11) return scalars[type.type] ?? 'string'
    const known = special[type.message]
    if (known === undefined) reach(type.message, reached)
    return known ?? type.message
  }
  const entry = maps.has(field.message) ? messages.get(field.message)?.get(2) : undefined
  if (entry) return `map ${plain(entry)}`
  if (field.repeated) return `list ${plain(field)}`
  // What JSON does not know by its name is a struct embedded in Go: its fields stand in the message's place.
  const prefix = message.startsWith('apis.') ? 'io.k8s.apimachinery.pkg.' : 'io.k8s.api.'
  const properties = schemas.schemas[`${prefix}${message}`]?.properties
  const embedded = field.type === 11 && !(field.message in special) && properties !== undefined && !(field.name in properties)
  return `${embedded ? 'inline ' : ''}${plain(field)}`
}

const written: Record<string, Record<string, string>> = {}

function reach(message: string, reached: Set<string>): void {
  if (reached.has(message)) return
  reached.add(message)
  const fields = [...(messages.get(message) ?? [])].map(
    ([number, field]) => [number, `${field.name} ${typeOf(message, field, reached)}`] as const,
  )
  written[message] = Object.fromEntries(fields)
}

readDescriptors(readFileSync(process.argv[2] ?? '/usr/bin/kubectl'))
const stable = Object.entries(schemas.kinds).filter(
  ([kind, name]) => !/alpha|beta/.test(kind) && messages.has(shorten(name.replace(/^io\.k8s/, 'k8s.io'))),
)
const kinds = Object.fromEntries([
  ...stable.map(([kind, name]) => [kind, shorten(name.replace(/^io\.k8s/, 'k8s.io'))]),
  ...Object.entries(besides),
])
const reached = new Set<string>()
for (const message of Object.values(kinds)) reach(String(message), reached)

const lines = (entries: object) =>
  Object.entries(entries)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => ` ${JSON.stringify(name)}: ${JSON.stringify(value)}`)
    .join(',\n')
writeFileSync(target, `{\n"kinds": {\n${lines(kinds)}\n},\n"messages": {\n${lines(written)}\n}\n}\n`)
