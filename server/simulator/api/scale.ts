import { customScale, withReplicas } from '../custom/scale.ts'
import { isObject } from '../resources/draft.ts'
import { ageOf, formatSelector, selectorText } from '../tables/cells.ts'
import type { JsonObject, StoredObject } from '../resources/object.ts'
import type { Resource } from '../resources/registry.ts'
import type { TargetScale } from './door.ts'

/** An object's Scale. @throws ApiError when a custom object says nothing of replicas */
export function scaleOf(resource: Resource, object: StoredObject): JsonObject {
  const paths = resource.custom?.scale
  return paths ? customScale(paths, object) : builtInScale(object)
}

/** The object with so many replicas asked for. */
export function withScale(resource: Resource, object: StoredObject, replicas: number): JsonObject {
  const paths = resource.custom?.scale
  return paths ? withReplicas(paths, object, replicas) : { ...object, spec: { ...(object['spec'] as JsonObject), replicas } }
}

/** What an autoscaler reads from a Scale. */
export function targetScale(scale: JsonObject): TargetScale {
  const [spec, status] = [scale['spec'], scale['status']].map((part) => (isObject(part) ? part : {}))
  const selector = status?.['selector']
  return {
    replicas: Number(spec?.['replicas'] ?? 0),
    present: Number(status?.['replicas'] ?? 0),
    selector: typeof selector === 'string' ? selector : '',
  }
}

function builtInScale(object: StoredObject): JsonObject {
  const spec = (object['spec'] ?? {}) as JsonObject
  const status = (object['status'] ?? {}) as JsonObject
  const { name = '', namespace = '', uid = '', resourceVersion = '', creationTimestamp = '' } = object.metadata
  const selector =
    object.kind === 'ReplicationController'
      ? selectorText(spec['selector'] as Parameters<typeof selectorText>[0])
      : formatSelector(spec['selector'] as Parameters<typeof formatSelector>[0])
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: spec['replicas'] ? { replicas: spec['replicas'] } : {},
    status: { replicas: status['replicas'] ?? 0, selector },
  }
}

/** As `printScale` of kubernetes pkg/printers/internalversion prints it. @param now for its age */
export function scaleTable(scale: JsonObject, now: number): JsonObject {
  const { replicas, present } = targetScale(scale)
  const metadata = isObject(scale['metadata']) ? scale['metadata'] : {}
  const { name, creationTimestamp, resourceVersion } = metadata
  const cells = [String(name), replicas, present, ageOf(typeof creationTimestamp === 'string' ? creationTimestamp : undefined, now)]
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: { resourceVersion: String(resourceVersion) },
    columnDefinitions: COLUMNS.map((column) => ({ format: '', priority: 0, ...column })),
    rows: [{ cells, object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata } }],
  }
}

const COLUMNS = [
  { name: 'Name', type: 'string', format: 'name', description: 'Name must be unique within a namespace.' },
  { name: 'Desired', type: 'integer', description: 'replicas is the desired number of instances for the scaled object.' },
  { name: 'Available', type: 'integer', description: 'replicas is the actual number of observed instances of the scaled object.' },
  {
    name: 'Age',
    type: 'string',
    description: 'CreationTimestamp is a timestamp representing the server time when this object was created.',
  },
]
