import { forbidden, invalid } from './field-error.ts'
import { descendingPath } from './paths.ts'
import type { FieldError } from './field-error.ts'
import type { PodSpec } from './kinds.ts'
import type { Meta } from './object.ts'

/** Annotations of pods that the API server reads. @see …/validation.go ValidatePodSpecificAnnotations */

const MIRROR = 'kubernetes.io/config.mirror'
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost'
const SECCOMP_POD = 'seccomp.security.alpha.kubernetes.io/pod'
const SECCOMP_CONTAINER = 'container.seccomp.security.alpha.kubernetes.io/'
const APPARMOR = 'container.apparmor.security.beta.kubernetes.io/'
const LOCALHOST = 'localhost/'

type Annotations = Meta['annotations']

export function validatePodAnnotations(annotations: Annotations, spec: PodSpec, field: string): FieldError[] {
  const errors: FieldError[] = []
  const mirror = annotations?.[MIRROR]
  if (mirror !== undefined && !spec.nodeName)
    errors.push(invalid(`${field}[${MIRROR}]`, mirror, 'must set spec.nodeName if mirror pod annotation is set'))
  const cost = annotations?.[DELETION_COST]
  if (cost !== undefined && !is32Bits(cost)) errors.push(invalid(`${field}[${DELETION_COST}]`, cost, 'must be a 32bit integer'))
  for (const [key, value] of Object.entries(annotations ?? {})) {
    if (key === SECCOMP_POD || key.startsWith(SECCOMP_CONTAINER)) errors.push(...validateSeccomp(value, `${field}.${key}`))
  }
  const names = [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])].map(({ name }) => name)
  for (const [key, value] of Object.entries(annotations ?? {})) {
    if (!key.startsWith(APPARMOR)) continue
    const name = key.slice(APPARMOR.length)
    if (!names.includes(name)) errors.push(invalid(`${field}[${key}]`, name, 'container not found'))
    if (!['', 'runtime/default', 'unconfined'].includes(value) && !value.startsWith(LOCALHOST))
      errors.push(invalid(`${field}[${key}]`, value, `invalid AppArmor profile name: ${JSON.stringify(value)}`))
  }
  return errors
}

/** Written as the API takes it: no leading zeros, no plus. */
function is32Bits(text: string): boolean {
  return /^(0|-?[1-9]\d*)$/.test(text) && Math.abs(Number(text)) <= 2147483647
}

function validateSeccomp(profile: string, field: string): FieldError[] {
  if (['runtime/default', 'docker/default', 'unconfined'].includes(profile)) return []
  return profile.startsWith(LOCALHOST)
    ? descendingPath(profile.slice(LOCALHOST.length), field)
    : [invalid(field, profile, 'must be a valid seccomp profile')]
}

/** What stays as it was made. */
export function validatePodAnnotationsUpdate(after: Annotations, before: Annotations, field: string): FieldError[] {
  const errors: FieldError[] = []
  const says = (key: string, what: string) => {
    if (key.startsWith(APPARMOR)) errors.push(forbidden(`${field}[${key}]`, `may not ${what} AppArmor annotations`))
    if (key === MIRROR) errors.push(forbidden(`${field}[${key}]`, `may not ${what} mirror pod annotation`))
  }
  for (const [key, value] of Object.entries(before ?? {})) if (after?.[key] !== value) says(key, 'remove or update')
  for (const key of Object.keys(after ?? {})) if (before?.[key] === undefined) says(key, 'add')
  return errors
}
