import { duplicate, forbidden, invalid, notFoundField, required, unsupported } from './field-error.ts'
import { label, qualifiedName } from './names.ts'
import { formatQuantity, nanoOf, parseQuantity } from './quantity.ts'
import type { FieldError } from './field-error.ts'
import type { PodSpec, ResourceRequirements } from './kinds.ts'

/**
 * Names and amounts of resources, wherever they stand.
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go validateResourceRequirements
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/helper/helpers.go
 */

type Amounts = { readonly [name: string]: string | number } | undefined

const WHOLE = 1_000_000_000n
const COMPUTE = ['cpu', 'memory', 'ephemeral-storage']
const COUNTED = ['pods', 'services', 'replicationcontrollers', 'resourcequotas', 'secrets', 'configmaps', 'persistentvolumeclaims']
const OF_SERVICES = ['services.nodeports', 'services.loadbalancers']
const REQUESTED = ['requests.cpu', 'requests.memory', 'requests.storage', 'requests.ephemeral-storage']
const LIMITED = ['limits.cpu', 'limits.memory', 'limits.ephemeral-storage']
/** Names that need no domain before them. */
const STANDARD = new Set([...COMPUTE, ...REQUESTED, ...LIMITED, ...COUNTED, 'storage', ...OF_SERVICES])
/** Names that a quota may bound without a domain. */
const IN_QUOTAS = new Set([...COMPUTE, ...REQUESTED, ...LIMITED, ...COUNTED, ...OF_SERVICES])
const INTEGERS = new Set([...COUNTED, ...OF_SERVICES])

const isHuge = (name: string) => name.startsWith('hugepages-')
const isQuotaHuge = (name: string) => isHuge(name) || name.startsWith('requests.hugepages-')
const isNative = (name: string) => !name.includes('/') || name.includes('kubernetes.io/')
export const isOvercommittable = (name: string): boolean => isNative(name) && !isHuge(name)
export const isStandardQuota = (name: string): boolean => IN_QUOTAS.has(name) || isQuotaHuge(name)

function isExtended(name: string): boolean {
  return !isNative(name) && !name.startsWith('requests.') && qualifiedName(`requests.${name}`).length === 0
}

/** @see …/validation.go validateResourceName */
export function validateResourceName(name: string, field: string): FieldError[] {
  const errors = qualifiedName(name).map((words) => invalid(field, name, words))
  if (errors.length > 0 || name.includes('/') || STANDARD.has(name) || isQuotaHuge(name)) return errors
  return [invalid(field, name, 'must be a standard resource type or fully qualified')]
}

export function validateContainerResourceName(name: string, field: string): FieldError[] {
  const errors = validateResourceName(name, field)
  if (!name.includes('/')) {
    if (!COMPUTE.includes(name) && !isHuge(name)) errors.push(invalid(field, name, 'must be a standard resource for containers'))
  } else if (!isNative(name) && !isExtended(name)) errors.push(invalid(field, name, "doesn't follow extended resource name standard"))
  return errors
}

function validatePodResourceName(name: string, field: string): FieldError[] {
  const errors = validateResourceName(name, field)
  if (errors.length > 0 || name === 'cpu' || name === 'memory' || isHuge(name)) return errors
  return [unsupported(field, name, ['cpu', 'memory'])]
}

export function validateQuotaName(name: string, field: string): FieldError[] {
  const errors = validateResourceName(name, field)
  if (!name.includes('/') && !isStandardQuota(name)) errors.push(invalid(field, name, 'must be a standard resource for quota'))
  return errors
}

/** Not negative, and whole where only whole ones are counted. */
export function validateAmount(name: string, value: string | number, field: string): FieldError[] {
  const nano = nanoOf(String(value))
  const errors = nano < 0n ? [invalid(field, value, 'must be greater than or equal to 0')] : []
  const whole = INTEGERS.has(name) || isExtended(name)
  if (whole && nano % WHOLE !== 0n) errors.push(invalid(field, value, 'must be an integer'))
  return errors
}

function validateHugeAmount(name: string, value: string | number, field: string): FieldError[] {
  const page = nanoOf(name.slice('hugepages-'.length))
  const nano = nanoOf(String(value))
  return page > 0n && nano % page === 0n ? [] : [invalid(field, value, `${value} is not positive integer multiple of ${name}`)]
}

/** @param claims names of the pod's resource claims */
export function validateContainerResources(
  resources: ResourceRequirements | undefined,
  field: string,
  claims: readonly string[],
): FieldError[] {
  return validateRequirements(resources, field, claims, validateContainerResourceName)
}

export function validateOverhead(overhead: Amounts, field: string): FieldError[] {
  return overhead ? validateRequirements({ limits: overhead }, field, [], validateContainerResourceName) : []
}

function validateRequirements(
  resources: ResourceRequirements | undefined,
  field: string,
  claims: readonly string[],
  validName: typeof validateResourceName,
): FieldError[] {
  const { limits = {}, requests = {} } = resources ?? {}
  const errors: FieldError[] = []
  const check = (name: string, value: string | number, path: string) => {
    errors.push(...validName(name, path), ...validateAmount(name, value, path))
  }
  for (const [name, value] of Object.entries(limits)) {
    check(name, value, `${field}.limits[${name}]`)
    if (isHuge(name)) errors.push(...validateHugeAmount(name, value, `${field}.limits[${name}]`))
  }
  for (const [name, value] of Object.entries(requests)) {
    check(name, value, `${field}.requests[${name}]`)
    errors.push(...validateAgainstLimit(name, value, limits[name], field))
    if (isHuge(name)) errors.push(...validateHugeAmount(name, value, `${field}.requests[${name}]`))
  }
  const names = [...Object.keys(limits), ...Object.keys(requests)]
  if (names.some(isHuge) && !names.includes('cpu') && !names.includes('memory'))
    errors.push(forbidden(field, 'HugePages require cpu or memory'))
  return [...errors, ...validateClaims(resources?.claims ?? [], `${field}.claims`, claims)]
}

function validateAgainstLimit(name: string, value: string | number, written: string | number | undefined, field: string): FieldError[] {
  if (written === undefined)
    return isOvercommittable(name) ? [] : [required(`${field}.limits`, 'Limit must be set for non overcommitable resources')]
  const [request, limit] = [parseQuantity(String(value)), parseQuantity(String(written))]
  if (!request || !limit) return []
  const wrong = (how: string) => [invalid(`${field}.requests`, value, `must be ${how} ${name} limit of ${formatQuantity(limit)}`)]
  if (request.nano !== limit.nano && !isOvercommittable(name)) return wrong('equal to')
  return request.nano > limit.nano ? wrong('less than or equal to') : []
}

function validateClaims(claims: NonNullable<ResourceRequirements['claims']>, field: string, known: readonly string[]): FieldError[] {
  const seen = new Set<string>()
  return claims.flatMap(({ name, request }, index) => {
    const path = `${field}[${index}]`
    if (!name) return [required(path)]
    const errors: FieldError[] = []
    if (seen.has(name)) errors.push(duplicate(path, name))
    else {
      if (request) errors.push(...label(request).map((words) => invalid(`${path}.request`, request, words)))
      const key = request ? `${name}/${request}` : name
      if (seen.has(key)) errors.push(duplicate(path, key))
      else if (!request) for (const other of seen) if (other.startsWith(`${name}/`)) errors.push(duplicate(path, name))
      seen.add(key)
    }
    if (known.includes(name)) return errors
    const listed = known.length === 0 ? ' which is empty' : `: ${known.toSorted().join(', ')}`
    const missing = notFoundField(path, name)
    return [...errors, { ...missing, message: `${missing.message}: must be one of the names in pod.spec.resourceClaims${listed}` }]
  })
}

/** Resources of the pod as a whole. @see https://kep.k8s.io/2837 */
export function validatePodResources(spec: PodSpec, field: string): FieldError[] {
  const { resources } = spec
  if (!resources) return []
  const errors = resources.claims ? [forbidden(`${field}.claims`, 'claims cannot be set for Resources at pod-level')] : []
  errors.push(...validateRequirements(resources, field, [], validatePodResourceName))
  for (const [name, sum] of sumOfRequests(spec)) {
    const own = resources.requests?.[name] ?? '0'
    if (sum > nanoOf(String(own)))
      errors.push(
        invalid(
          `${field}.requests[${name}]`,
          own,
          `must be greater than or equal to aggregate container requests of ${formatQuantity({ nano: sum, format: formatOf(spec, name) })}`,
        ),
      )
  }
  spec.containers?.forEach((container, index) => {
    for (const [name, value] of Object.entries(container.resources?.limits ?? {})) {
      const most = resources.limits?.[name]
      if (most !== undefined && nanoOf(String(value)) > nanoOf(String(most)))
        errors.push(invalid(`${field}.containers[${index}][${name}].limits`, value, `must be less than or equal to pod limits of ${most}`))
    }
  })
  return errors
}

function formatOf(spec: PodSpec, name: string): 'decimal' | 'binary' | 'exponent' {
  const first = spec.containers?.find((container) => container.resources?.requests?.[name] !== undefined)?.resources?.requests?.[name]
  return parseQuantity(String(first))?.format ?? 'decimal'
}

/** What the containers ask for together; an init container asks before the others begin. */
function sumOfRequests(spec: PodSpec): ReadonlyMap<string, bigint> {
  const sums = new Map<string, bigint>()
  const add = (name: string, value: string | number) => sums.set(name, (sums.get(name) ?? 0n) + nanoOf(String(value)))
  const requests = (list: PodSpec['containers'] | undefined) =>
    (list ?? []).map(({ resources }) => Object.entries(resources?.requests ?? {}))
  for (const entries of requests(spec.containers)) for (const [name, value] of entries) add(name, value)
  const sidecars = spec.initContainers?.filter(({ restartPolicy }) => restartPolicy === 'Always')
  for (const entries of requests(sidecars)) for (const [name, value] of entries) add(name, value)
  for (const entries of requests(spec.initContainers?.filter(({ restartPolicy }) => restartPolicy !== 'Always')))
    for (const [name, value] of entries) if (nanoOf(String(value)) > (sums.get(name) ?? 0n)) sums.set(name, nanoOf(String(value)))
  return sums
}
