import { ensure } from './draft.ts'
import { forbidden, invalid, required, unsupported } from './field-error.ts'
import { goMap, goSelector } from './go-values.ts'
import { selects, validateSelector } from './label-selector.ts'
import { validateAnnotations, validateLabels } from './metadata.ts'
import { validatePodAnnotations } from './pod-annotations.ts'
import { defaultPodSpec } from './pod-defaults.ts'
import { validatePodSpec } from './pod-validation.ts'
import type { FieldError } from './field-error.ts'
import type { LabelSelector, PodTemplateSpec } from './kinds.ts'
import type { Draft } from './object.ts'

/** Pod templates and the selectors that go with them. */

type Template = PodTemplateSpec | undefined

export function defaultTemplate(spec: Draft): void {
  defaultPodSpec(ensure(ensure(spec, 'template'), 'spec'))
}

/** @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go ValidatePodTemplateSpec */
export function validateTemplate(template: Template, field = 'spec.template'): FieldError[] {
  const spec = template?.spec ?? { containers: [] }
  const errors = [
    ...validateLabels(template?.metadata?.labels, `${field}.labels`),
    ...validateAnnotations(template?.metadata?.annotations, `${field}.annotations`),
    ...validatePodAnnotations(template?.metadata?.annotations, spec, `${field}.annotations`),
    ...validatePodSpec(spec, `${field}.spec`, { template: true }),
  ]
  if (spec.ephemeralContainers?.length)
    errors.push(forbidden(`${field}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template'))
  return errors
}

/** What a template may not have when its pods run for ever. @param kind as the message names it */
export function validateForever(template: Template, kind: string, field = 'spec.template'): FieldError[] {
  const errors: FieldError[] = []
  const policy = template?.spec?.restartPolicy
  if (policy !== 'Always') errors.push(unsupported(`${field}.spec.restartPolicy`, policy, ['Always']))
  if (template?.spec?.activeDeadlineSeconds !== undefined)
    errors.push(forbidden(`${field}.spec.activeDeadlineSeconds`, `activeDeadlineSeconds in ${kind} is not Supported`))
  return errors
}

export function mismatch(template: Template, field = 'spec.template'): FieldError {
  return invalid(`${field}.metadata.labels`, goMap(template?.metadata?.labels), '`selector` does not match template `labels`')
}

/** Whether a selector can be read at all: what is wrong with it is said apart. */
export function validateRequiredSelector(selector: LabelSelector | undefined, kind: string): FieldError[] {
  if (!selector) return [required('spec.selector')]
  const errors = validateSelector(selector, 'spec.selector')
  if (selectsEverything(selector)) errors.push(invalid('spec.selector', {}, `empty selector is invalid for ${kind}`))
  return errors
}

export function selectsEverything(selector: LabelSelector | undefined): boolean {
  return selector !== undefined && Object.keys(selector.matchLabels ?? {}).length + (selector.matchExpressions ?? []).length === 0
}

/**
 * A selector that must be there, and its template: one that cannot be read hides what is wrong with the template.
 * @param unreadable what is said of such a selector
 */
export function validateSelectorAndTemplate(
  selector: LabelSelector | undefined,
  template: Template,
  kind: string,
  unreadable: string,
  check: () => readonly FieldError[],
): FieldError[] {
  const errors = validateRequiredSelector(selector, kind)
  if (selector && validateSelector(selector, '').length > 0) return [...errors, invalid('spec.selector', goSelector(selector), unreadable)]
  const differs = !selectsEverything(selector) && !selects(selector, template?.metadata?.labels)
  return [...errors, ...(differs ? [mismatch(template)] : []), ...check()]
}
