import { accessModes, ageOf, humanDuration, orNone } from './cells.ts'
import type {
  APIService,
  ClusterRoleBinding,
  ConfigMap,
  Event,
  Lease,
  Namespace,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  PodDisruptionBudget,
  PriorityClass,
  ResourceQuota,
  RoleBinding,
  Secret,
  ServiceAccount,
  StorageClass,
} from '../resources/kinds.ts'
import type { StoredObject } from '../resources/object.ts'
import type { Cell } from './table.ts'

/** Rows of nodes, namespaces, storage, configuration, policy and events. */

type Row = readonly Cell[]

const ROLE_PREFIX = 'node-role.kubernetes.io/'

export function nodeRow({ metadata, spec, status }: Node, now: number): Row {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')
  const words = [
    ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady',
    ...(spec?.unschedulable ? ['SchedulingDisabled'] : []),
  ]
  const labels = Object.entries(metadata.labels ?? {})
  const roles = labels
    .flatMap(([key, value]) =>
      key.startsWith(ROLE_PREFIX) ? [key.slice(ROLE_PREFIX.length)] : key === 'kubernetes.io/role' ? [value] : [],
    )
    .toSorted()
  const address = (wanted: string) => orNone(status?.addresses?.find(({ type }) => type === wanted)?.address)
  const info = status?.nodeInfo
  const unknown = (value: string | undefined) => value || '<unknown>'
  return [
    metadata.name ?? '',
    words.join(','),
    roles.length > 0 ? roles.join(',') : '<none>',
    ageOf(metadata.creationTimestamp, now),
    info?.kubeletVersion ?? '',
    address('InternalIP'),
    address('ExternalIP'),
    unknown(info?.osImage),
    unknown(info?.kernelVersion),
    unknown(info?.containerRuntimeVersion),
  ]
}

export function namespaceRow({ metadata, status }: Namespace, now: number): Row {
  return [metadata.name ?? '', status?.phase ?? '', ageOf(metadata.creationTimestamp, now)]
}

export function volumeRow({ metadata, spec, status }: PersistentVolume, now: number): Row {
  const claim = spec?.claimRef ? `${spec.claimRef.namespace}/${spec.claimRef.name}` : ''
  const phase = metadata.deletionTimestamp === undefined ? (status?.phase ?? '') : 'Terminating'
  return [
    metadata.name ?? '',
    String(spec?.capacity?.['storage'] ?? ''),
    accessModes(spec?.accessModes),
    spec?.persistentVolumeReclaimPolicy ?? '',
    phase,
    claim,
    spec?.storageClassName ?? '',
    spec?.volumeAttributesClassName || '<unset>',
    status?.reason ?? '',
    ageOf(metadata.creationTimestamp, now),
    spec?.volumeMode || '<unset>',
  ]
}

export function claimRow({ metadata, spec, status }: PersistentVolumeClaim, now: number): Row {
  const bound = Boolean(spec?.volumeName)
  const phase = metadata.deletionTimestamp === undefined ? (status?.phase ?? '') : 'Terminating'
  return [
    metadata.name ?? '',
    phase,
    spec?.volumeName ?? '',
    bound ? String(status?.capacity?.['storage'] ?? '') : '',
    bound ? accessModes(status?.accessModes) : '',
    metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec?.storageClassName ?? '',
    spec?.volumeAttributesClassName || '<unset>',
    ageOf(metadata.creationTimestamp, now),
    spec?.volumeMode || '<unset>',
  ]
}

const DEFAULT_CLASS = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class']

export function storageClassRow(object: StorageClass, now: number): Row {
  const { metadata, provisioner, reclaimPolicy, volumeBindingMode, allowVolumeExpansion } = object
  const isDefault = DEFAULT_CLASS.some((annotation) => metadata.annotations?.[annotation] === 'true')
  return [
    `${metadata.name ?? ''}${isDefault ? ' (default)' : ''}`,
    provisioner ?? '',
    reclaimPolicy ?? 'Delete',
    volumeBindingMode ?? 'Immediate',
    allowVolumeExpansion ? 'true' : 'false',
    ageOf(metadata.creationTimestamp, now),
  ]
}

export function configMapRow({ metadata, data, binaryData }: ConfigMap, now: number): Row {
  return [
    metadata.name ?? '',
    String(Object.keys(data ?? {}).length + Object.keys(binaryData ?? {}).length),
    ageOf(metadata.creationTimestamp, now),
  ]
}

export function secretRow({ metadata, type, data }: Secret, now: number): Row {
  return [metadata.name ?? '', type ?? '', String(Object.keys(data ?? {}).length), ageOf(metadata.creationTimestamp, now)]
}

export function serviceAccountRow({ metadata }: ServiceAccount, now: number): Row {
  return [metadata.name ?? '', ageOf(metadata.creationTimestamp, now)]
}

export function quotaRow({ metadata, status }: ResourceQuota, now: number): Row {
  const of = (limits: boolean) =>
    Object.entries(status?.hard ?? {})
      .filter(([name]) => name.startsWith('limits') === limits)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, hard]) => `${name}: ${status?.used?.[name] ?? '0'}/${hard}`)
      .join(', ')
  return [metadata.name ?? '', of(false), of(true), ageOf(metadata.creationTimestamp, now)]
}

export function createdRow(object: StoredObject): Row {
  return [object.metadata.name ?? '', object.metadata.creationTimestamp ?? null]
}

export function bindingRow({ metadata, roleRef, subjects }: RoleBinding | ClusterRoleBinding, now: number): Row {
  const of = (kind: string) => (subjects ?? []).filter((subject) => subject.kind === kind)
  const names = (kind: string) =>
    of(kind)
      .map(({ name }) => name)
      .join(', ')
  const accounts = of('ServiceAccount')
    .map(({ name, namespace }) => `${namespace ?? ''}/${name}`)
    .join(', ')
  return [
    metadata.name ?? '',
    `${roleRef.kind}/${roleRef.name}`,
    ageOf(metadata.creationTimestamp, now),
    names('User'),
    names('Group'),
    accounts,
  ]
}

export function priorityClassRow(object: PriorityClass, now: number): Row {
  return [
    object.metadata.name ?? '',
    object.value ?? 0,
    object.globalDefault ?? false,
    ageOf(object.metadata.creationTimestamp, now),
    object.preemptionPolicy ?? 'PreemptLowerPriority',
  ]
}

export function budgetRow({ metadata, spec, status }: PodDisruptionBudget, now: number): Row {
  const shown = (value: number | string | undefined) => (value === undefined ? 'N/A' : String(value))
  return [
    metadata.name ?? '',
    shown(spec?.minAvailable),
    shown(spec?.maxUnavailable),
    status?.disruptionsAllowed ?? 0,
    ageOf(metadata.creationTimestamp, now),
  ]
}

export function leaseRow({ metadata, spec }: Lease, now: number): Row {
  return [metadata.name ?? '', spec?.holderIdentity ?? '', ageOf(metadata.creationTimestamp, now)]
}

export function componentStatusRow({ metadata, conditions }: StoredObject): Row {
  const healthy = (
    conditions as
      | readonly { readonly type: string; readonly status: string; readonly message?: string; readonly error?: string }[]
      | undefined
  )?.find(({ type }) => type === 'Healthy')
  const status = healthy?.status === 'True' ? 'Healthy' : healthy?.status === 'False' ? 'Unhealthy' : 'Unknown'
  return [metadata.name ?? '', status, healthy?.message ?? '', healthy?.error ?? '']
}

export function apiServiceRow({ metadata, spec, status }: APIService, now: number): Row {
  const available = status?.conditions?.find(({ type }) => type === 'Available')
  const said = available === undefined ? 'Unknown' : available.status === 'True' ? 'True' : `${available.status} (${available.reason})`
  return [
    metadata.name ?? '',
    spec?.service ? `${spec.service.namespace}/${spec.service.name}` : 'Local',
    said,
    ageOf(metadata.creationTimestamp, now),
  ]
}

export function eventRow(event: Event, now: number): Row {
  const first = event.firstTimestamp ?? event.eventTime
  const last = event.series?.lastObservedTime ?? event.lastTimestamp ?? first
  const count = event.series?.count ?? event.count ?? 1
  const since = (time: string | null | undefined) =>
    time === undefined || time === null ? '<unknown>' : humanDuration(now - Date.parse(time))
  const { kind = '', name = '', fieldPath = '' } = event.involvedObject
  const component = event.source?.component || event.reportingComponent || ''
  const host = event.source?.host || event.reportingInstance || ''
  const source = host ? `${component}, ${host}` : component
  return [
    since(last),
    event.type ?? '',
    event.reason ?? '',
    `${kind.toLowerCase()}/${name}`,
    fieldPath,
    source,
    (event.message ?? '').trim(),
    since(first),
    count,
    event.metadata.name ?? '',
  ]
}
