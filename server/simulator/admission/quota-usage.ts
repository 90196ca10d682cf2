import { nanoOf } from '../resources/quantity.ts'
import { add, sumLimits, sumRequests } from './pod-resources.ts'
import type { PersistentVolumeClaim, Pod, ResourceQuota, Service } from '../resources/kinds.ts'
import type { StoredObject } from '../resources/object.ts'
import type { PodSpec } from './pod-security-checks.ts'
import type { Amounts } from './pod-resources.ts'

/** What one object uses of a quota. @see https://github.com/kubernetes/kubernetes/tree/v1.36.0/pkg/quota/v1/evaluator/core */

/** How objects of one resource are measured. */
export interface Counted {
  readonly group: string
  readonly resource: string
}

const COMPUTE = ['cpu', 'memory', 'ephemeral-storage']
const STORAGE_CLASS = '.storageclass.storage.k8s.io/'
/** Kinds that had a name in quotas before `count/` came. */
const NAMED = ['configmaps', 'persistentvolumeclaims', 'replicationcontrollers', 'resourcequotas', 'secrets', 'services']

const qualified = ({ group, resource }: Counted) => (group ? `${resource}.${group}` : resource)

/** Whether the quota's resource is one that objects of this kind use. */
export function isMeasured(of: Counted, name: string): boolean {
  const what = qualified(of)
  if (name === `count/${what}`) return true
  if (what === 'pods') return name === 'pods' || isCompute(name)
  if (what === 'services' && name.startsWith('services.')) return true
  if (what === 'persistentvolumeclaims' && (name === 'requests.storage' || name.includes(STORAGE_CLASS))) return true
  return NAMED.includes(what) && name === what
}

function isCompute(name: string): boolean {
  if (COMPUTE.includes(name) || name.startsWith('limits.') || name.startsWith('hugepages-')) return true
  return name.startsWith('requests.') && name !== 'requests.storage'
}

export function usageOf(of: Counted, object: StoredObject): Amounts {
  const what = qualified(of)
  const counted: Amounts = { [`count/${what}`]: '1', ...(NAMED.includes(what) && { [what]: '1' }) }
  if (what === 'pods') return { ...counted, ...podUsage(object as unknown as Pod) }
  if (what === 'services') return { ...counted, ...serviceUsage(object as unknown as Service) }
  if (what === 'persistentvolumeclaims') return { ...counted, ...claimUsage(object as unknown as PersistentVolumeClaim) }
  return counted
}

/** A pod that is over counts as an object only. */
function podUsage({ spec, status }: Pod): Amounts {
  if (!spec || status?.phase === 'Succeeded' || status?.phase === 'Failed') return {}
  return computeUsage(sumRequests(spec), sumLimits(spec))
}

function computeUsage(requests: Amounts, limits: Amounts): Amounts {
  const asked = Object.entries(requests).flatMap(([name, value]) =>
    COMPUTE.includes(name) || name.startsWith('hugepages-')
      ? [
          [name, value],
          [`requests.${name}`, value],
        ]
      : [[`requests.${name}`, value]],
  )
  const limited = Object.entries(limits).flatMap(([name, value]) => (COMPUTE.includes(name) ? [[`limits.${name}`, value]] : []))
  return { pods: '1', ...(Object.fromEntries([...asked, ...limited]) as Amounts) }
}

function serviceUsage({ spec }: Service): Amounts {
  const ports = spec?.ports ?? []
  const balanced = spec?.type === 'LoadBalancer'
  const count =
    spec?.type === 'NodePort' || (balanced && spec.allocateLoadBalancerNodePorts !== false)
      ? ports.length
      : balanced
        ? ports.filter(({ nodePort }) => nodePort).length
        : 0
  return { 'services.nodeports': String(count), 'services.loadbalancers': balanced ? '1' : '0' }
}

function claimUsage({ spec }: PersistentVolumeClaim): Amounts {
  const storage = spec?.resources?.requests?.['storage']
  const name = spec?.storageClassName
  return {
    ...(storage !== undefined && { 'requests.storage': storage }),
    ...(name && { [`${name}${STORAGE_CLASS}persistentvolumeclaims`]: '1' }),
    ...(name && storage !== undefined && { [`${name}${STORAGE_CLASS}requests.storage`]: storage }),
  }
}

/** Compute resources that a quota counts must be said by every container. */
const MUST_SAY = ['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory']

/** What a pod does not say but would have to, as the refusal words it. @param hard the quota's resources */
export function unsaid(spec: PodSpec, hard: readonly string[]): string | undefined {
  const required = hard.filter((name) => MUST_SAY.includes(name)).toSorted()
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])]
  const missing = required.flatMap((name) => {
    const silent = containers.filter(
      ({ resources }) => computeUsage(resources?.requests ?? {}, resources?.limits ?? {})[name] === undefined,
    )
    return silent.length > 0 ? [`${name} for: ${[...new Set(silent.map((container) => container.name))].toSorted().join(',')}`] : []
  })
  return missing.length > 0 ? `must specify ${missing.join('; ')}` : undefined
}

interface Requirement {
  readonly scopeName: string
  readonly operator: string
  readonly values?: readonly string[]
}

/** Whether the quota is about this object: it counts something of its kind, and its scopes hold. */
export function matches({ spec }: ResourceQuota, of: Counted, object: StoredObject): boolean {
  if (!Object.keys(spec?.hard ?? {}).some((name) => isMeasured(of, name))) return false
  const scopes: readonly Requirement[] = [
    ...(spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' })),
    ...((spec?.scopeSelector?.matchExpressions ?? []) as readonly Requirement[]),
  ]
  if (scopes.length === 0) return true
  const what = qualified(of)
  if (what === 'pods') return scopes.every((scope) => holds(scope, object as unknown as Pod))
  return (
    what === 'persistentvolumeclaims' &&
    scopes.every(
      (scope) =>
        scope.scopeName === 'VolumeAttributesClass' &&
        holdsText(scope, (object as unknown as PersistentVolumeClaim).spec?.volumeAttributesClassName),
    )
  )
}

function holds(scope: Requirement, pod: Pod): boolean {
  const { spec, status } = pod
  const deadline = spec?.activeDeadlineSeconds !== undefined
  const bestEffort = status?.qosClass === 'BestEffort'
  switch (scope.scopeName) {
    case 'Terminating':
      return deadline
    case 'NotTerminating':
      return !deadline
    case 'BestEffort':
      return bestEffort
    case 'NotBestEffort':
      return !bestEffort
    case 'PriorityClass':
      return holdsText(scope, spec?.priorityClassName)
    case 'CrossNamespacePodAffinity':
      return crossesNamespaces(spec)
    default:
      return false
  }
}

function holdsText({ operator, values = [] }: Requirement, value: string | undefined): boolean {
  if (operator === 'Exists') return Boolean(value)
  if (operator === 'DoesNotExist') return !value
  if (operator === 'In') return value !== undefined && values.includes(value)
  return operator === 'NotIn' && !values.includes(value ?? '')
}

function crossesNamespaces(spec: PodSpec | undefined): boolean {
  const sides = [spec?.affinity?.podAffinity, spec?.affinity?.podAntiAffinity]
  const terms = sides.flatMap((side) => [
    ...(side?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(side?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
  ])
  return terms.some((term) => (term.namespaces?.length ?? 0) > 0 || term.namespaceSelector !== undefined)
}

/** The parts of `amounts` that the quota counts. */
export function masked(amounts: Amounts, names: readonly string[]): Amounts {
  return Object.fromEntries(Object.entries(amounts).filter(([name]) => names.includes(name)))
}

/** Which of `amounts` are more than `hard` allows. */
export function exceeded(amounts: Amounts, hard: Amounts): readonly string[] {
  return Object.keys(amounts).filter((name) => hard[name] !== undefined && nanoOf(String(amounts[name])) > nanoOf(String(hard[name])))
}

/** `cpu=1,pods=2`, as the refusals list amounts. */
export function listed(amounts: Amounts): string {
  return Object.keys(amounts)
    .toSorted()
    .map((name) => `${name}=${amounts[name]}`)
    .join(',')
}

export function total(of: Counted, objects: readonly StoredObject[], quota: ResourceQuota): Amounts {
  return objects
    .filter((object) => matches(quota, of, object))
    .map((object) => usageOf(of, object))
    .reduce(add, {})
}
