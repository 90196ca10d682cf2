import { forbidden, invalidObject } from '../api/errors.ts'
import { invalid } from '../resources/field-error.ts'
import { violations } from './pod-security-checks.ts'
import { same } from '../resources/draft.ts'
import type { FieldError } from '../resources/field-error.ts'
import type { Surroundings } from '../resources/behaviour.ts'
import type { Pod } from '../resources/kinds.ts'
import type { JsonValue, StoredObject } from '../resources/object.ts'
import type { AdmissionRequest } from './request.ts'
import type { Level, PodSpec, Violation } from './pod-security-checks.ts'

/** @see https://kubernetes.io/docs/concepts/security/pod-security-admission/ */

const PREFIX = 'pod-security.kubernetes.io/'
const LEVELS: readonly Level[] = ['privileged', 'baseline', 'restricted']
/** Kinds that make pods: their makers are warned, their pods refused. */
const WITH_TEMPLATE = [
  'v1/podtemplates',
  'v1/replicationcontrollers',
  'apps/v1/daemonsets',
  'apps/v1/deployments',
  'apps/v1/replicasets',
  'apps/v1/statefulsets',
  'batch/v1/cronjobs',
  'batch/v1/jobs',
]
/** The most pods that are looked at when a namespace's level changes. */
const MOST_PODS = 3000

interface Policy {
  readonly level: Level
  readonly version: string
}
type Labels = { readonly [name: string]: string } | undefined

/** Admits pods, tells the makers of workloads what their pods would violate, and checks namespaces' labels. @throws ApiError */
export function admitPodSecurity(request: AdmissionRequest): void {
  const { table } = request.resource
  if (table === 'v1/namespaces') return admitNamespace(request)
  if (table !== 'v1/pods' && !WITH_TEMPLATE.includes(table)) return
  const labels =
    request.namespace === undefined ? undefined : request.around.get('Namespace', undefined, request.namespace)?.metadata.labels
  if (!labels || !Object.keys(labels).some((name) => name.startsWith(PREFIX))) return
  if (table === 'v1/pods') admitPod(request, labels)
  else warnOfTemplate(request, labels)
}

function admitPod(request: AdmissionRequest, labels: Labels): void {
  const { spec, metadata } = request.object as unknown as Pod
  if (!spec || (request.old && !isSignificant(spec, (request.old as unknown as Pod).spec))) return
  const check = (mode: string) => {
    const policy = policyOf(labels, mode)
    return { policy, found: violations(policy.level, minorOf(policy), spec, metadata.annotations) }
  }
  const enforced = check('enforce')
  if (enforced.found.length > 0)
    throw forbidden(request.resource, request.name, `violates PodSecurity ${title(enforced.policy)}: ${details(enforced.found)}`)
  const warned = check('warn')
  if (warned.found.length > 0) request.warn(`would violate PodSecurity ${title(warned.policy)}: ${details(warned.found)}`)
}

function warnOfTemplate(request: AdmissionRequest, labels: Labels): void {
  const template = templateIn(request.object)
  const policy = policyOf(labels, 'warn')
  const found = template?.spec ? violations(policy.level, minorOf(policy), template.spec, template.metadata?.annotations) : []
  if (found.length > 0) request.warn(`would violate PodSecurity ${title(policy)}: ${details(found)}`)
}

interface Template {
  readonly metadata?: { readonly annotations?: { readonly [name: string]: string } }
  readonly spec?: PodSpec
}

function templateIn(object: StoredObject): Template | undefined {
  const { spec, template } = object as unknown as {
    readonly spec?: { readonly template?: Template; readonly jobTemplate?: { readonly spec?: { readonly template?: Template } } }
    readonly template?: Template
  }
  return template ?? spec?.template ?? spec?.jobTemplate?.spec?.template
}

/** An update matters when it changes more than labels and tolerations: in truth, a container's image. */
function isSignificant(spec: PodSpec, old: PodSpec | undefined): boolean {
  const images = (of: PodSpec | undefined) => [...(of?.initContainers ?? []), ...(of?.containers ?? [])].map(({ image }) => image ?? '')
  return (
    !same(images(spec), images(old)) ||
    !same((spec.ephemeralContainers ?? []) as unknown as JsonValue, (old?.ephemeralContainers ?? []) as unknown as JsonValue)
  )
}

function admitNamespace({ resource, object, old, around, name, warn }: AdmissionRequest): void {
  const labels = object.metadata.labels
  const errors = labelErrors(labels)
  if (errors.length > 0 && !same(errors as unknown as JsonValue, labelErrors(old?.metadata.labels) as unknown as JsonValue))
    throw invalidObject(resource, name, errors)
  if (!old) return
  const [before, after] = [policyOf(old.metadata.labels, 'enforce'), policyOf(labels, 'enforce')]
  const relaxed = before.version === after.version && LEVELS.indexOf(after.level) <= LEVELS.indexOf(before.level)
  if (after.level !== 'privileged' && !relaxed) for (const sentence of existing(name, after, around)) warn(sentence)
}

/** Which pods of a namespace its new level would not let in, one sentence for those that violate alike. */
function existing(namespace: string, policy: Policy, around: Surroundings): readonly string[] {
  const pods = new Map<string, string[]>()
  for (const { metadata, spec } of around.list('Pod', namespace).slice(0, MOST_PODS)) {
    const found = spec ? violations(policy.level, minorOf(policy), spec, metadata.annotations) : []
    if (found.length === 0) continue
    const reasons = found.map(({ reason }) => reason).join(', ')
    pods.set(reasons, [...(pods.get(reasons) ?? []), metadata.name ?? ''])
  }
  if (pods.size === 0) return []
  const others = (count: number) => (count === 0 ? '' : count === 1 ? ' (and 1 other pod)' : ` (and ${count} other pods)`)
  const lines = [...pods].map(([reasons, names]) => `${names.toSorted()[0]}${others(names.length - 1)}: ${reasons}`)
  return [
    `existing pods in namespace ${JSON.stringify(namespace)} violate the new PodSecurity enforce level ${title(policy)}`,
    ...lines.toSorted(),
  ]
}

function labelErrors(labels: Labels): readonly FieldError[] {
  return ['enforce', 'audit', 'warn'].flatMap((mode) => {
    const errors: FieldError[] = []
    const [level, version] = [labels?.[`${PREFIX}${mode}`], labels?.[`${PREFIX}${mode}-version`]]
    if (level !== undefined && !isLevel(level))
      errors.push(invalid(`metadata.labels[${PREFIX}${mode}]`, level, `must be one of ${LEVELS.join(', ')}`))
    if (version !== undefined && version !== 'latest' && !VERSION.test(version))
      errors.push(invalid(`metadata.labels[${PREFIX}${mode}-version]`, version, 'must be "latest" or "v1.x"'))
    return errors
  })
}

const VERSION = /^v1\.(0|[1-9][0-9]*)$/

function isLevel(level: string): level is Level {
  return LEVELS.some((known) => known === level)
}

/** A level that is none counts as the strictest. */
function policyOf(labels: Labels, mode: string): Policy {
  const level = labels?.[`${PREFIX}${mode}`] ?? 'privileged'
  const version = labels?.[`${PREFIX}${mode}-version`] ?? 'latest'
  return { level: isLevel(level) ? level : 'restricted', version: VERSION.test(version) ? version : 'latest' }
}

function minorOf({ version }: Policy): number | undefined {
  const minor = VERSION.exec(version)?.[1]
  return minor === undefined ? undefined : Number(minor)
}

const title = ({ level, version }: Policy) => JSON.stringify(`${level}:${version}`)
const details = (found: readonly Violation[]) => found.map(({ reason, detail }) => (detail ? `${reason} (${detail})` : reason)).join(', ')
