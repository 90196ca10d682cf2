import { children, draftOf, ensure, same } from './draft.ts'
import { forbidden, invalid, required } from './field-error.ts'
import { goNodeTerm } from './go-values.ts'
import { validateTolerations } from './placement-validation.ts'
import { validatePodAnnotationsUpdate } from './pod-annotations.ts'
import { specDifference } from './spec-difference.ts'
import type { FieldError } from './field-error.ts'
import type { Container, NodeSelectorTerm, Pod, PodSpec, Toleration } from './kinds.ts'
import type { Draft, DraftValue, JsonObject, JsonValue } from './object.ts'

/**
 * What of a pod may change, once it is.
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go ValidatePodUpdate
 */

const MAY_CHANGE = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
]

export function validatePodUpdate(pod: Pod, old: Pod): FieldError[] {
  const errors = validatePodAnnotationsUpdate(pod.metadata.annotations, old.metadata.annotations, 'metadata.annotations')
  const [after, before] = [pod.spec ?? { containers: [] }, old.spec ?? { containers: [] }]
  for (const list of ['containers', 'initContainers'] as const) {
    const [now, then] = [after[list] ?? [], before[list] ?? []]
    if (now.length !== then.length) return [...errors, forbidden(`spec.${list}`, 'pod updates may not add or remove containers')]
    errors.push(...validateImages(now, `spec.${list}`))
  }
  const deadline = validateDeadline(after.activeDeadlineSeconds, before.activeDeadlineSeconds)
  if (deadline.length > 0 && after.activeDeadlineSeconds !== undefined) return [...errors, ...deadline]
  errors.push(
    ...deadline,
    ...validateAddedTolerations(after.tolerations ?? [], before.tolerations ?? []),
    ...validateFewerGates(after, before),
  )
  if (same(after as unknown as JsonValue, before as unknown as JsonValue)) return errors
  const munged = munge(after, before)
  if ((before.schedulingGates ?? []).length > 0) errors.push(...mungePlacement(munged, after, before))
  if (!same(munged, before as unknown as JsonObject)) {
    const difference = specDifference('PodSpec', before as unknown as JsonObject, munged)
    errors.push(forbidden('spec', `pod updates may not change fields other than ${MAY_CHANGE.join(',')}\n${difference}`))
  }
  return errors
}

function validateImages(containers: readonly Container[], field: string): FieldError[] {
  return containers.flatMap(({ image = '' }, index) => {
    const path = `${field}[${index}].image`
    if (image === '') return [required(path)]
    return image.trim() === image ? [] : [invalid(path, image, 'must not have leading or trailing whitespace')]
  })
}

function validateDeadline(now: number | undefined, then: number | undefined): FieldError[] {
  const path = 'spec.activeDeadlineSeconds'
  if (now === undefined) return then === undefined ? [] : [invalid(path, 'null', 'must not update from a positive integer to nil value')]
  if (now < 0 || now > 2147483647) return [invalid(path, now, 'must be between 0 and 2147483647, inclusive')]
  return then !== undefined && then < now ? [invalid(path, now, 'must be less than or equal to previous value')] : []
}

function validateAddedTolerations(now: readonly Toleration[], then: readonly Toleration[]): FieldError[] {
  const lost = then.some((old) => !now.some((one) => same({ ...old, tolerationSeconds: one.tolerationSeconds }, { ...one })))
  if (lost) return [forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')]
  return validateTolerations(now, 'spec.tolerations')
}

function validateFewerGates({ schedulingGates: now = [] }: PodSpec, { schedulingGates: then = [] }: PodSpec): FieldError[] {
  return now.flatMap(({ name }, index) =>
    then.some((gate) => gate.name === name)
      ? []
      : [forbidden(`spec.schedulingGates[${index}].name`, `only deletion is allowed, but found new scheduling gate '${name}'`)],
  )
}

/** The new spec with what may change put back. */
function munge(after: PodSpec, before: PodSpec): Draft {
  const munged = draftOf(after as unknown as JsonObject)
  for (const list of ['containers', 'initContainers'] as const)
    children(munged, list).forEach((container, index) => put(container, 'image', before[list]?.[index]?.image))
  for (const key of ['activeDeadlineSeconds', 'schedulingGates', 'tolerations'] as const) put(munged, key, before[key])
  return munged
}

function put(draft: Draft, key: string, value: unknown): void {
  if (value === undefined) delete draft[key]
  else draft[key] = value as DraftValue
}

/** While a pod is held back, where it may go can be narrowed. */
function mungePlacement(munged: Draft, after: PodSpec, before: PodSpec): FieldError[] {
  const errors: FieldError[] = []
  const [now, then] = [after.nodeSelector ?? {}, before.nodeSelector ?? {}]
  if (Object.entries(then).some(([key, value]) => now[key] !== value))
    errors.push(
      invalid(
        'spec.nodeSelector',
        after.nodeSelector ?? null,
        'only additions to spec.nodeSelector are allowed (no mutations or deletions)',
      ),
    )
  put(munged, 'nodeSelector', before.nodeSelector)
  const [placed, was] = [after.affinity?.nodeAffinity, before.affinity?.nodeAffinity]
  if (same(placed as unknown as JsonValue, was as unknown as JsonValue)) return errors
  errors.push(...validateAffinityUpdate(placed, was))
  const others = after.affinity?.podAffinity ?? after.affinity?.podAntiAffinity
  if (!before.affinity && !others) delete munged['affinity']
  else put(ensure(munged, 'affinity'), 'nodeAffinity', was)
  return errors
}

type NodeAffinity = NonNullable<PodSpec['affinity']>['nodeAffinity']

function validateAffinityUpdate(now: NodeAffinity, then: NodeAffinity): FieldError[] {
  const path = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms'
  const old = then?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  const terms = now?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
  if (old.length === 0) return []
  if (old.length !== (terms ?? []).length)
    return [
      invalid(
        path,
        terms?.map((term) => goNodeTerm(term)) ?? null,
        'no additions/deletions to non-empty NodeSelectorTerms list are allowed',
      ),
    ]
  return (terms ?? []).flatMap((term, index) =>
    onlyAdds(term, old[index] ?? {})
      ? []
      : [invalid(`${path}[${index}]`, goNodeTerm(term), 'only additions are allowed (no mutations or deletions)')],
  )
}

function onlyAdds(term: NodeSelectorTerm, old: NodeSelectorTerm): boolean {
  const parts = ['matchExpressions', 'matchFields'] as const
  const empty = (of: NodeSelectorTerm) => parts.every((part) => (of[part] ?? []).length === 0)
  // A term for nothing selects nothing; with anything in it, it would select more.
  if (empty(old)) return empty(term)
  return parts.every((part) => (old[part] ?? []).every((one, at) => same({ ...one }, { ...term[part]?.[at] })))
}
