/**
 * Writes `manifests/simulator/descriptions.json`: what the fields of `manifests/simulator/schemas.json` mean, in
 * Kubernetes' own words, from the doc comments of the libraries that are generated from its OpenAPI document.
 *
 *     node server/tools/generate-descriptions.ts
 *
 * client-node is of the version that we simulate, but leaves out fields that refer to another type, enum values
 * and line breaks; kubernetes-models has those.
 */
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describeColumns } from './column-descriptions.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const models = `${root}node_modules/@kubernetes/client-node/dist/gen/models/`

interface Schema {
  readonly $ref?: string
  readonly enum?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
}

/** By field; the type itself under the empty name. */
type Comments = Map<string, string>

function commentsIn(file: string): Comments {
  const found: Comments = new Map()
  const pattern = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*(?:export (?:declare class|interface|type) \w+|["']([^"']+)["']\??:)/g
  for (const [, comment = '', field = ''] of readFileSync(file, 'utf8').matchAll(pattern)) {
    if (!found.has(field)) found.set(field, textOf(comment))
  }
  return found
}

function textOf(comment: string): string {
  const lines = comment.split('\n').map((line) => line.replace(/^\s*\* ?/, '').trimEnd())
  return lines
    .join('\n')
    .trim()
    .replaceAll(/\\(["'])/g, '$1')
    .replaceAll('*_/', '*/')
    .replaceAll('*\\/', '*/')
}

/** `io.k8s.api.core.v1.Event` → V1Event, or CoreV1Event where the short name is taken. */
function clientNodeComments(schema: string): Comments {
  const [group = '', version = '', kind = ''] = schema
    .split('.')
    .slice(-3)
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
  const file = [`${group}${version}${kind}`, `${version}${kind}`].map((name) => `${models}${name}.d.ts`).find((path) => existsSync(path))
  return file ? commentsIn(file) : new Map()
}

/** The files of kubernetes-models by the alias they export, such as `IIoK8sApiCoreV1Event`. */
function filesByAlias(): Map<string, string> {
  const files = new Map<string, string>()
  for (const file of globSync(['node_modules/kubernetes-models/**/*.d.ts', 'node_modules/@kubernetes-models/apimachinery/**/*.d.ts'], {
    cwd: root,
  })) {
    const alias = /as (IIo[A-Z]\w+)/.exec(readFileSync(root + file, 'utf8'))?.[1]
    if (alias) files.set(alias, root + file)
  }
  return files
}

const aliasOf = (schema: string): string =>
  `I${schema
    .split(/[.-]/)
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('')}`
const squashed = (text: string): string => text.replaceAll(/\s+/g, ' ').trim()
const VALUES = '\n\nPossible enum values:\n'

/** The newer text in the better form. */
function chosen(newer: string | undefined, richer: string | undefined, values: readonly string[] | undefined): string | undefined {
  if (newer === undefined || richer === undefined) return newer ?? richer
  const [prose = '', list] = richer.split(VALUES)
  const listed =
    list !== undefined &&
    (values ?? []).length === [...list.matchAll(/^ - /gm)].length &&
    values?.every((value) => list.includes(`"${value}"`))
  if (squashed(prose) === squashed(newer)) return listed || list === undefined ? richer : prose
  return listed ? `${newer}${VALUES}${list}` : newer
}

const { schemas }: { schemas: Record<string, Schema> } = JSON.parse(readFileSync(`${root}manifests/simulator/schemas.json`, 'utf8'))
const aliases = filesByAlias()
const texts = new Map<string, number>()
const typeWords = new Map<string, string>()
const described: Record<string, Record<string, number>> = {}
let missing = 0

for (const [name, schema] of Object.entries(schemas)) {
  const newer = clientNodeComments(name)
  const file = aliases.get(aliasOf(name))
  const richer: Comments = file ? commentsIn(file) : new Map()
  const fields: Record<string, number> = {}
  for (const [field, property] of [['', schema] as const, ...Object.entries(schema.properties ?? {})]) {
    const text = chosen(ownWords(newer.get(field), property), richer.get(field) ?? common(field), property.enum)
    if (!text) {
      missing++
      continue
    }
    if (!texts.has(text)) texts.set(text, texts.size)
    fields[field] = texts.get(text) ?? 0
  }
  if (Object.keys(fields).length > 0) described[name] = fields
}
// A plain type has no file of its own with a comment: what its fields were given is its description.
for (const [name, text] of typeWords) {
  if (!schemas[name] || described[name]?.[''] !== undefined) continue
  if (!texts.has(text)) texts.set(text, texts.size)
  described[name] = { '': texts.get(text) ?? 0, ...described[name] }
}

/** client-node gives a field that refers to a plain type, such as a quantity, that type's description. */
function ownWords(text: string | undefined, property: Schema): string | undefined {
  const type = property.$ref?.slice(property.$ref.lastIndexOf('.') + 1)
  if (text === undefined || property.$ref === undefined || !text.startsWith(`${type} is a `)) return text
  typeWords.set(property.$ref, text)
  return undefined
}

/** Fields that every kind has, and that the typed libraries describe nowhere. */
function common(field: string): string | undefined {
  if (field !== 'apiVersion' && field !== 'kind') return undefined
  return commentsIn(`${models}V1Pod.d.ts`).get(field)
}

describeColumns((schema, field) => {
  const index = described[schema]?.[field]
  return index === undefined ? undefined : [...texts.keys()][index]
})

const lines = (entries: readonly string[]): string => entries.join(',\n')
writeFileSync(
  `${root}manifests/simulator/descriptions.json`,
  `{\n"texts": [\n${lines([...texts.keys()].map((text) => JSON.stringify(text)))}\n],\n"schemas": {\n${lines(
    Object.entries(described).map(([name, fields]) => `${JSON.stringify(name)}: ${JSON.stringify(fields)}`),
  )}\n}\n}\n`,
)
process.stdout.write(`${texts.size} texts; ${missing} fields without one\n`)
