import { validateImageSpaces } from './container-validation.ts'
import { forbidden } from './field-error.ts'
import { validatePodAnnotations } from './pod-annotations.ts'
import { validatePodSpec } from './pod-validation.ts'
import type { FieldError } from './field-error.ts'
import type { Container, Pod } from './kinds.ts'

/** The rules of pods that templates are spared. @see …/validation.go validatePodMetadataAndSpec, ValidatePodCreate */
export function validatePod(pod: Pod, exists: boolean): FieldError[] {
  const { metadata, spec = { containers: [] } } = pod
  const errors = [
    ...validatePodAnnotations(metadata.annotations, spec, 'metadata.annotations'),
    ...validatePodSpec(spec, 'spec', { template: false, ...(metadata.name && { podName: metadata.name }) }),
  ]
  if (!spec.serviceAccountName) {
    spec.volumes?.forEach((volume, index) => {
      volume.projected?.sources?.forEach(({ serviceAccountToken }, at) => {
        const path = `spec.volumes[${index}].projected.sources[${at}].serviceAccountToken`
        if (serviceAccountToken) errors.push(forbidden(path, 'must not be specified when serviceAccountName is not set'))
      })
    })
  }
  for (const list of ['containers', 'initContainers'] as const)
    spec[list]?.forEach((container: Container, index) => errors.push(...validateImageSpaces(container, `spec.${list}[${index}]`)))
  if (exists) return errors
  if (spec.ephemeralContainers?.length) errors.push(forbidden('spec.ephemeralContainers', 'cannot be set on create'))
  if (spec.nodeName && spec.schedulingGates?.length)
    errors.push(forbidden('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'))
  return errors
}
