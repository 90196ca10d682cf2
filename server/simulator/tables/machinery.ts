import { ageOf } from './cells.ts'
import { child, children, text } from '../resources/draft.ts'
import type { Draft, StoredObject } from '../resources/object.ts'
import type { Cell } from './table.ts'

/** Rows of the kinds that a cluster's own machinery uses. @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/printers/internalversion/printers.go */

type Row = readonly Cell[]
type RowMaker = (object: StoredObject, now: number) => Row

/** A row that begins with the name and ends with the age. */
function named(between: (object: Draft) => readonly Cell[]): RowMaker {
  return (object, now) => [object.metadata.name ?? '', ...between(object as Draft), ageOf(object.metadata.creationTimestamp, now)]
}

const spec = (object: Draft) => child(object, 'spec')
const texts = (value: Draft[string]) => (Array.isArray(value) ? value.map(String) : [])

export const ingressClassRow = named((object) => {
  const parameters = child(spec(object), 'parameters')
  const group = text(parameters, 'apiGroup')
  const kind = `${text(parameters, 'kind') ?? ''}${group === undefined ? '' : `.${group}`}`
  return [text(spec(object), 'controller') ?? '', parameters ? `${kind}/${text(parameters, 'name') ?? ''}` : '<none>']
})

export function ipAddressRow(object: StoredObject): Row {
  const parent = child(spec(object as Draft), 'parentRef')
  const [group, resource = '', namespace, name = ''] = ['group', 'resource', 'namespace', 'name'].map((key) => text(parent, key))
  const of = (group ? `${resource}.${group}` : resource).toLowerCase()
  return [object.metadata.name ?? '', parent ? [of, ...(namespace ? [namespace] : []), name].join('/') : '<none>']
}

export const serviceCidrRow = named((object) => [texts(spec(object)?.['cidrs']).join(',')])

export const csiDriverRow = named((object) => {
  const { attachRequired = true, podInfoOnMount = false, storageCapacity = false, requiresRepublish = false } = spec(object) ?? {}
  const tokens = children(spec(object), 'tokenRequests').map((request) => text(request, 'audience') ?? '')
  const modes = texts(spec(object)?.['volumeLifecycleModes']).join(',')
  return [
    attachRequired === true,
    podInfoOnMount === true,
    storageCapacity === true,
    tokens.length > 0 ? tokens.join(',') : '<unset>',
    requiresRepublish === true,
    modes || '<none>',
  ]
})

export const csiNodeRow = named((object) => [children(spec(object), 'drivers').length])

export const volumeAttachmentRow = named((object) => [
  text(spec(object), 'attacher') ?? '',
  text(child(spec(object), 'source'), 'persistentVolumeName') ?? '',
  text(spec(object), 'nodeName') ?? '',
  child(object, 'status')?.['attached'] === true,
])

export function volumeAttributesClassRow(object: StoredObject, now: number): Row {
  const mark = object.metadata.annotations?.['storage.alpha.kubernetes.io/is-default-class'] === 'true' ? ' (default)' : ''
  return [`${object.metadata.name ?? ''}${mark}`, text(object as Draft, 'driverName') ?? '', ageOf(object.metadata.creationTimestamp, now)]
}

export const webhooksRow = named((object) => [children(object, 'webhooks').length])

/** @param list what the policy does: `validations`, `mutations` */
export const policyRow = (list: string) =>
  named((object) => {
    const kind = child(spec(object), 'paramKind')
    return [children(spec(object), list).length, kind ? `${text(kind, 'apiVersion') ?? ''}/${text(kind, 'kind') ?? ''}` : '<unset>']
  })

export const policyBindingRow = named((object) => {
  const ref = child(spec(object), 'paramRef')
  const name = text(ref, 'name')
  return [text(spec(object), 'policyName') ?? '', name ? `${text(ref, 'namespace') || '*'}/${name}` : '<unset>']
})

export const runtimeClassRow = named((object) => [text(object, 'handler') ?? ''])

export const resourceClaimRow = named((object) => {
  const status = child(object, 'status')
  const going = child(object, 'metadata')?.['deletionTimestamp'] !== undefined
  const allocated = child(status, 'allocation') !== undefined
  const states = [
    ...(going ? ['deleted'] : []),
    ...(allocated ? ['allocated'] : going ? [] : ['pending']),
    ...(children(status, 'reservedFor').length > 0 ? ['reserved'] : []),
  ]
  return [states.join(',')]
})

export const resourceSliceRow = named((object) => [
  text(spec(object), 'nodeName') ?? '',
  text(spec(object), 'driver') ?? '',
  text(child(spec(object), 'pool'), 'name') ?? '',
])

export function flowSchemaRow(object: StoredObject, now: number): Row {
  const of = spec(object as Draft)
  const dangling = children(child(object as Draft, 'status'), 'conditions').find((condition) => condition['type'] === 'Dangling')
  return [
    object.metadata.name ?? '',
    text(child(of, 'priorityLevelConfiguration'), 'name') || '<none>',
    Number(of?.['matchingPrecedence'] ?? 0),
    text(child(of, 'distinguisherMethod'), 'type') ?? '<none>',
    ageOf(object.metadata.creationTimestamp, now),
    text(dangling, 'status') ?? '?',
  ]
}

export const priorityLevelRow = named((object) => {
  const limited = child(spec(object), 'limited')
  const queuing = child(child(limited, 'limitResponse'), 'queuing')
  const number = (parent: Draft | undefined, key: string) => (parent ? Number(parent[key] ?? 0) : '<none>')
  return [
    text(spec(object), 'type') ?? '',
    number(limited, 'nominalConcurrencyShares'),
    number(queuing, 'queues'),
    number(queuing, 'handSize'),
    number(queuing, 'queueLengthLimit'),
  ]
})
