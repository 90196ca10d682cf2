import { invalid, required, unsupported } from './field-error.ts'
import { configKey, environmentName, qualifiedName, subdomain } from './names.ts'
import { localPath } from './paths.ts'
import { canonicalQuantity, nanoOf } from './quantity.ts'
import type { FieldError } from './field-error.ts'
import type { EnvFromSource, EnvVar, EnvVarSource } from './kinds.ts'

/**
 * Variables of containers, and what they may be taken from.
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go ValidateEnv, ValidateEnvFrom
 */

type ObjectField = NonNullable<EnvVarSource['fieldRef']>
type ResourceField = NonNullable<EnvVarSource['resourceFieldRef']>

const each = (field: string, value: string, words: readonly string[]) => words.map((said) => invalid(field, value, said))

/** What variables may show of their pod. */
const ENV_FIELDS = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
]
/** What files may show of their pod. */
export const FILE_FIELDS = ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid']
/** Every path that the conversion knows, whoever may use it. */
const CONVERTIBLE = new Set([...ENV_FIELDS, ...FILE_FIELDS, 'spec.restartPolicy', 'spec.schedulerName', 'status.phase', 'spec.host'])
const RESOURCES = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
]
const SIZES = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei']

export function validateEnv(variables: readonly EnvVar[] | undefined, field: string): FieldError[] {
  return (variables ?? []).flatMap((variable, index) => {
    const path = `${field}[${index}]`
    const errors = variable.name ? each(`${path}.name`, variable.name, environmentName(variable.name)) : [required(`${path}.name`)]
    return [...errors, ...validateValueFrom(variable, `${path}.valueFrom`)]
  })
}

function validateValueFrom({ value, valueFrom: from }: EnvVar, field: string): FieldError[] {
  if (!from) return []
  const errors: FieldError[] = []
  if (from.fieldRef) errors.push(...validateFieldRef(from.fieldRef, ENV_FIELDS, `${field}.fieldRef`))
  if (from.resourceFieldRef) errors.push(...validateResourceField(from.resourceFieldRef, `${field}.resourceFieldRef`, false))
  for (const kind of ['configMapKeyRef', 'secretKeyRef'] as const) {
    const ref = from[kind]
    if (!ref) continue
    errors.push(...each(`${field}.${kind}.name`, ref.name ?? '', subdomain(ref.name ?? '')))
    if (!ref.key) errors.push(required(`${field}.${kind}.key`))
    else errors.push(...each(`${field}.${kind}.key`, ref.key, configKey(ref.key)))
  }
  const file = from.fileKeyRef
  if (file) {
    const path = `${field}.fileKeyRef`
    if (!file.key) errors.push(required(`${path}.key`))
    else errors.push(...each(`${path}.key`, file.key, environmentName(file.key)))
    if (!file.volumeName) errors.push(required(`${path}.volumeName`))
    if (!file.path) errors.push(required(`${path}.path`))
    else errors.push(...localPath(file.path, `${path}.path`))
  }
  const sources = Object.values(from).filter((source) => source !== undefined).length
  if (sources === 0)
    errors.push(
      invalid(field, '', 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`'),
    )
  else if (value) errors.push(invalid(field, '', 'may not be specified when `value` is not empty'))
  else if (sources > 1) errors.push(invalid(field, '', 'may not have more than one field specified at a time'))
  return errors
}

/** A field of the pod, by path: `metadata.name`, `metadata.labels['app']`. */
export function validateFieldRef({ apiVersion, fieldPath }: ObjectField, allowed: readonly string[], field: string): FieldError[] {
  if (!apiVersion) return [required(`${field}.apiVersion`)]
  if (!fieldPath) return [required(`${field}.fieldPath`)]
  const path = `${field}.fieldPath`
  const wrong = (words: string) => [invalid(path, fieldPath, `error converting fieldPath: ${words}`)]
  if (apiVersion !== 'v1') return wrong(`unsupported pod version: ${apiVersion}`)
  const subscripted = /^(.*)\['(.*)'\]$/.exec(fieldPath)
  if (subscripted) {
    const [, base = '', key = ''] = subscripted
    if (base === 'metadata.annotations') return each(field, key.toLowerCase(), qualifiedName(key.toLowerCase()))
    if (base === 'metadata.labels') return each(field, key, qualifiedName(key))
    return wrong(`field label does not support subscript: ${fieldPath}`)
  }
  if (!CONVERTIBLE.has(fieldPath)) return wrong(`field label not supported: ${fieldPath}`)
  return allowed.includes(fieldPath) ? [] : [unsupported(path, fieldPath, allowed)]
}

/** @param volume files must name the container that they speak of */
export function validateResourceField({ containerName, resource, divisor }: ResourceField, field: string, volume: boolean): FieldError[] {
  const errors: FieldError[] = []
  const huge = /^(limits|requests)\.hugepages-/.test(resource ?? '')
  if (volume && !containerName) errors.push(required(`${field}.containerName`))
  else if (!resource) errors.push(required(`${field}.resource`))
  else if (!RESOURCES.includes(resource) && !huge) errors.push(unsupported(`${field}.resource`, resource, RESOURCES))
  const unit = divisor === undefined ? '0' : canonicalQuantity(divisor)
  if (nanoOf(unit) === 0n) return errors
  const wrong = (units: string, what: string) =>
    invalid(`${field}.divisor`, resource, `only divisor's values ${units} are supported with the ${what} resource`)
  const kind = (resource ?? '').replace(/^(limits|requests)\./, '')
  if (kind === 'cpu' && !['1m', '1'].includes(unit)) errors.push(wrong('1m and 1', 'cpu'))
  const sized = { memory: 'memory', 'ephemeral-storage': 'local ephemeral storage' }[kind] ?? (huge ? 'hugepages' : undefined)
  if (sized && !SIZES.includes(unit)) errors.push(wrong(SIZES.join(', '), sized))
  return errors
}

export function validateEnvFrom(sources: readonly EnvFromSource[] | undefined, field: string): FieldError[] {
  return (sources ?? []).flatMap(({ prefix, configMapRef, secretRef }, index) => {
    const path = `${field}[${index}]`
    const errors = prefix ? each(`${path}.prefix`, prefix, environmentName(prefix)) : []
    for (const [kind, ref] of Object.entries({ configMapRef, secretRef })) {
      if (!ref) continue
      if (!ref.name) errors.push(required(`${path}.${kind}.name`))
      // As a prefix: it may end in a dash.
      else errors.push(...each(`${path}.${kind}.name`, ref.name, subdomain(ref.name.replace(/-$/, 'a'))))
    }
    if (!configMapRef && !secretRef) errors.push(invalid(field, '', 'must specify one of: `configMapRef` or `secretRef`'))
    else if (configMapRef && secretRef) errors.push(invalid(field, '', 'may not have more than one field specified at a time'))
    return errors
  })
}
