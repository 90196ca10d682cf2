/**
 * Writes `server/simulator/resources/kinds.ts`: TypeScript types for the kinds that the simulator itself
 * reads and writes, from the schemas in `manifests/simulator/schemas.json`.
 *
 *     node server/tools/generate-kinds.ts
 */
import { readFileSync, writeFileSync } from 'node:fs'

interface Schema {
  readonly type?: string
  readonly $ref?: string
  readonly items?: Schema
  readonly additionalProperties?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly enum?: readonly string[]
  readonly oneOf?: readonly Schema[]
}

const KINDS = [
  'v1/ConfigMap',
  'v1/Endpoints',
  'v1/Event',
  'v1/LimitRange',
  'v1/Namespace',
  'v1/Node',
  'v1/PersistentVolume',
  'v1/PersistentVolumeClaim',
  'v1/Pod',
  'v1/PodTemplate',
  'v1/ReplicationController',
  'v1/ResourceQuota',
  'v1/Secret',
  'v1/Service',
  'v1/ServiceAccount',
  'apps/v1/ControllerRevision',
  'apps/v1/DaemonSet',
  'apps/v1/Deployment',
  'apps/v1/ReplicaSet',
  'apps/v1/StatefulSet',
  'autoscaling/v2/HorizontalPodAutoscaler',
  'batch/v1/CronJob',
  'batch/v1/Job',
  'coordination.k8s.io/v1/Lease',
  'discovery.k8s.io/v1/EndpointSlice',
  'networking.k8s.io/v1/Ingress',
  'networking.k8s.io/v1/NetworkPolicy',
  'policy/v1/PodDisruptionBudget',
  'rbac.authorization.k8s.io/v1/ClusterRole',
  'rbac.authorization.k8s.io/v1/ClusterRoleBinding',
  'rbac.authorization.k8s.io/v1/Role',
  'rbac.authorization.k8s.io/v1/RoleBinding',
  'scheduling.k8s.io/v1/PriorityClass',
  'storage.k8s.io/v1/StorageClass',
  'node.k8s.io/v1/RuntimeClass',
  'apiextensions.k8s.io/v1/CustomResourceDefinition',
  'apiregistration.k8s.io/v1/APIService',
]

const root = new URL('../../', import.meta.url)
const facts: { kinds: Record<string, string>; schemas: Record<string, Schema> } = JSON.parse(
  readFileSync(new URL('manifests/simulator/schemas.json', root), 'utf8'),
)

const names = new Map<string, string>()

function nameOf(ref: string): string {
  const known = names.get(ref)
  if (known) return known
  const [version = '', last = ''] = ref.split('.').slice(-2)
  const taken = new Set(names.values())
  const name = taken.has(last) ? `${last}${version.toUpperCase()}` : last
  names.set(ref, name)
  return name
}

const wanted: string[] = []
const written = new Set<string>()

function typeOf(schema: Schema): string {
  if (schema.$ref) {
    if (!written.has(schema.$ref)) {
      written.add(schema.$ref)
      wanted.push(schema.$ref)
    }
    return nameOf(schema.$ref)
  }
  if (schema.oneOf) return [...new Set(schema.oneOf.map(typeOf))].join(' | ')
  if (schema.enum && schema.type === 'string') return 'string'
  if (schema.type === 'string') return 'string'
  if (schema.type === 'integer' || schema.type === 'number') return 'number'
  if (schema.type === 'boolean') return 'boolean'
  if (schema.type === 'array') return `readonly ${parenthesised(typeOf(schema.items ?? {}))}[]`
  if (schema.additionalProperties) return `{ readonly [key: string]: ${typeOf(schema.additionalProperties)} }`
  return 'JsonValue'
}

const parenthesised = (type: string): string => (type.includes(' ') ? `(${type})` : type)

function declaration(ref: string, kind?: { apiVersion: string; kind: string }): string {
  const schema = facts.schemas[ref]
  if (!schema) throw new Error(`no schema ${ref}`)
  if (!schema.properties) return `export type ${nameOf(ref)} = ${typeOf(schema)}\n`
  const fields = Object.entries(schema.properties).map(([field, type]) => {
    if (kind && field === 'apiVersion') return `  readonly apiVersion: '${kind.apiVersion}'`
    if (kind && field === 'kind') return `  readonly kind: '${kind.kind}'`
    const optional = schema.required?.includes(field) || (kind && field === 'metadata') ? '' : '?'
    const name = /^[a-z$_][\w$]*$/i.test(field) ? field : `'${field}'`
    return `  readonly ${name}${optional}: ${typeOf(type)}`
  })
  return `export interface ${nameOf(ref)} {\n${fields.join('\n')}\n}\n`
}

const parts: string[] = []
const kindNames: string[] = []
for (const key of KINDS) {
  const ref = facts.kinds[key]
  if (!ref) throw new Error(`no kind ${key}`)
  written.add(ref)
  nameOf(ref)
}
for (const key of KINDS) {
  const ref = facts.kinds[key] ?? ''
  const kind = key.slice(key.lastIndexOf('/') + 1)
  parts.push(declaration(ref, { apiVersion: key.slice(0, key.lastIndexOf('/')), kind }))
  kindNames.push(`  readonly ${kind}: ${nameOf(ref)}`)
}
for (let ref = wanted.shift(); ref; ref = wanted.shift()) parts.push(declaration(ref))

writeFileSync(
  new URL('server/simulator/resources/kinds.ts', root),
  `// Written by server/tools/generate-kinds.ts from manifests/simulator/schemas.json. Do not edit.
import type { JsonValue } from './object.ts'

${parts.join('\n')}
/** The kinds that the simulator's own parts read and write, by name. */
export interface Kinds {
${kindNames.join('\n')}
}
`,
)
