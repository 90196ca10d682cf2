import { forbidden, unsupported } from './field-error.ts'
import { validateAnnotations, validateLabels } from './metadata.ts'
import { validatePodAnnotations } from './pod-annotations.ts'
import { validatePodSpec } from './pod-validation.ts'
import type { FieldError } from './field-error.ts'
import type { PodTemplateSpec } from './kinds.ts'

/** What a kind that makes pods adds to the rules of their template. */
export interface TemplateRules {
  /** The policies that the kind can live with. */
  readonly restartPolicies?: readonly string[]
  /** The kind whose pods must not have a deadline: they are to run for ever. */
  readonly endless?: string
}

/** @see …/validation.go ValidatePodTemplateSpec. Labels and annotations are said to stand in the template itself. */
export function validatePodTemplate(template: PodTemplateSpec | undefined, field: string, rules: TemplateRules = {}): FieldError[] {
  const { metadata, spec = { containers: [] } } = template ?? {}
  const errors = [
    ...validateLabels(metadata?.labels, `${field}.labels`),
    ...validateAnnotations(metadata?.annotations, `${field}.annotations`),
    ...validatePodAnnotations(metadata?.annotations, spec, `${field}.annotations`),
    ...validatePodSpec(spec, `${field}.spec`, { template: true }),
  ]
  if (spec.ephemeralContainers?.length)
    errors.push(forbidden(`${field}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template'))
  if (rules.restartPolicies && !rules.restartPolicies.includes(spec.restartPolicy ?? ''))
    errors.push(unsupported(`${field}.spec.restartPolicy`, spec.restartPolicy, rules.restartPolicies))
  if (rules.endless && spec.activeDeadlineSeconds !== undefined)
    errors.push(
      forbidden(`${field}.spec.activeDeadlineSeconds`, `activeDeadlineSeconds in ${rules.endless} is not Supported`),
    )
  return errors
}
