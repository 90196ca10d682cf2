import { child, ensure, isObject, same, setDefaults, text } from './draft.ts'
import { invalid, required } from './field-error.ts'
import { goMap, goSelector } from './go-values.ts'
import { validateJobSpec } from './job-validation.ts'
import { selects, validateSelector } from './label-selector.ts'
import { immutable } from './metadata.ts'
import { label } from './names.ts'
import { defaultTemplate, mismatch } from './templates.ts'
import { templateWarnings } from './pod-warnings.ts'
import { templateForm } from './spec-difference.ts'
import type { KindBehaviour } from './behaviour.ts'
import type { FieldError } from './field-error.ts'
import type { Job } from './kinds.ts'
import type { Draft, JsonObject, StoredObject } from './object.ts'

function defaultJobSpec(spec: Draft): void {
  if (spec['completions'] === undefined && spec['parallelism'] === undefined) Object.assign(spec, { completions: 1, parallelism: 1 })
  setDefaults(spec, {
    parallelism: 1,
    backoffLimit: spec['backoffLimitPerIndex'] === undefined ? 6 : 2_147_483_647,
    completionMode: 'NonIndexed',
    suspend: false,
    manualSelector: false,
  })
  if (spec['podReplacementPolicy'] === undefined)
    spec['podReplacementPolicy'] = spec['podFailurePolicy'] === undefined ? 'TerminatingOrFailed' : 'Failed'
  defaultFailurePolicy(spec)
}

/** A condition that a rule names is meant to be true. */
export function defaultFailurePolicy(spec: Draft): void {
  const rules = child(spec, 'podFailurePolicy')?.['rules']
  for (const rule of Array.isArray(rules) ? rules.filter(isObject) : []) {
    const patterns = rule['onPodConditions']
    for (const pattern of Array.isArray(patterns) ? patterns.filter(isObject) : []) setDefaults(pattern, { status: 'True' })
  }
}

/** Labels by which a job's pods are found, and their values. */
function generatedLabels(uid: string, name: string): { readonly [label: string]: string } {
  return {
    'controller-uid': uid,
    'job-name': name,
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
  }
}

/** @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/registry/batch/job/strategy.go */
export const job: KindBehaviour = {
  generation: true,
  defaults(draft) {
    const spec = ensure(draft, 'spec')
    defaultJobSpec(spec)
    defaultTemplate(spec)
    const labels = child(child(child(spec, 'template'), 'metadata'), 'labels')
    const meta = ensure(draft, 'metadata')
    if (labels && Object.keys(child(meta, 'labels') ?? {}).length === 0) meta['labels'] = { ...labels }
  },
  prepareCreate(draft) {
    draft['status'] = {}
    const spec = ensure(draft, 'spec')
    if (spec['manualSelector'] === true) return
    const meta = ensure(draft, 'metadata')
    const uid = text(meta, 'uid') ?? ''
    const labels = ensure(ensure(ensure(spec, 'template'), 'metadata'), 'labels')
    // Labels that are there already are left to be found wrong.
    setDefaults(labels, generatedLabels(uid, text(meta, 'name') ?? ''))
    if (Object.keys(child(meta, 'labels') ?? {}).length === 0) meta['labels'] = { ...labels }
    setDefaults(ensure(ensure(spec, 'selector'), 'matchLabels'), { 'batch.kubernetes.io/controller-uid': uid })
  },
  validate(object, _around, old) {
    const { spec, metadata } = object as unknown as Job
    if (!spec) return []
    const errors = [...(old ? [] : validateGenerated(object)), ...validateJobSpec(spec, 'spec')]
    errors.push(...(spec.selector ? validateSelector(spec.selector, 'spec.selector') : [required('spec.selector')]))
    if (!selects(spec.selector, spec.template?.metadata?.labels)) errors.push(mismatch(spec.template))
    if (!old && spec.completionMode === 'Indexed' && (spec.completions ?? 0) > 0) {
      const longest = `${metadata.name ?? ''}-${(spec.completions ?? 0) - 1}`
      if (label(longest).length > 0)
        errors.push(invalid('metadata.name', metadata.name, `will not able to create pod with invalid DNS label: ${longest}`))
    }
    return errors
  },
  validateUpdate: (object, old) => validateJobUpdate(object as unknown as Job, old as unknown as Job),
  fields: (object) => ({ 'status.successful': String((object as unknown as Job).status?.succeeded ?? 0) }),
  warnings: (object, old) => [...nameWarnings(object), ...templateWarnings(object, old, 'spec.template')],
}

/** What is said of a name that pods' names are made of. */
export function nameWarnings({ metadata }: StoredObject): readonly string[] {
  const wrong = label(metadata.name ?? '')
  return wrong.length === 0
    ? []
    : [
        `metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [${wrong.join(' ')}]`,
      ]
}

function validateGenerated(object: StoredObject): FieldError[] {
  const { spec, metadata } = object as unknown as Job
  if (spec?.manualSelector || !spec?.selector) return []
  const expected = generatedLabels(metadata.uid ?? '', metadata.name ?? '')
  const labels = spec.template?.metadata?.labels ?? {}
  const errors = Object.entries(expected).flatMap(([key, value]) => {
    const field = `spec.template.metadata.labels[${key}]`
    if (labels[key] === undefined) return [required(field, `must be '${value}'`)]
    return labels[key] === value ? [] : [invalid(field, goMap(labels), `must be '${value}'`)]
  })
  if (validateSelector(spec.selector, '').length === 0 && !selects(spec.selector, expected))
    errors.push(invalid('spec.selector', goSelector(spec.selector), '`selector` not auto-generated'))
  return errors
}

function validateJobUpdate(object: Job, old: Job): FieldError[] {
  const after = (object.spec ?? {}) as unknown as JsonObject
  const before = (old.spec ?? {}) as unknown as JsonObject
  const keep = (key: string) => immutable(`spec.${key}`, after[key], before[key])
  const { completions, parallelism, completionMode } = object.spec ?? {}
  const tandem =
    completions === undefined || completions === old.spec?.completions || completions === parallelism
      ? []
      : [invalid('spec.completions', completions, 'can only be modified in tandem with spec.parallelism')]
  return [
    ...(completionMode === 'Indexed' ? tandem : keep('completions')),
    ...keep('selector'),
    ...(same(after['template'], whatStays(after, before, old))
      ? []
      : [invalid('spec.template', templateForm(child(after as Draft, 'template') ?? {}), 'field is immutable')]),
    ...keep('completionMode'),
    ...keep('podFailurePolicy'),
    ...keep('backoffLimitPerIndex'),
    ...keep('managedBy'),
    ...keep('successPolicy'),
  ]
}

/** The old template; while a job has never run, where its pods may be placed is open. */
function whatStays(after: JsonObject, before: JsonObject, { spec, status }: Job): JsonObject[string] {
  const template = before['template']
  if (!spec?.suspend || status?.startTime !== undefined || !isObject(template) || !isObject(after['template'])) return template
  const [now, then] = [child(after['template'], 'spec'), child(template, 'spec')]
  const metadata = { ...child(template, 'metadata') }
  const place: Draft = { ...then }
  for (const key of ['nodeSelector', 'tolerations', 'schedulingGates']) place[key] = now?.[key]
  const others = { ...child(then, 'affinity'), nodeAffinity: child(now, 'affinity')?.['nodeAffinity'] }
  place['affinity'] = Object.values(others).some((value) => value !== undefined) ? others : undefined
  for (const key of ['labels', 'annotations']) metadata[key] = child(after['template'], 'metadata')?.[key]
  return { ...template, metadata, spec: place }
}
