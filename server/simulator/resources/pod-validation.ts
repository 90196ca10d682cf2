import { validateContainers, validateEphemeralContainers, validateInitContainers } from './container-validation.ts'
import { duplicate, forbidden, invalid, required, unsupported } from './field-error.ts'
import { validateIp } from './ip.ts'
import { label, labelValue, qualifiedName, subdomain, subdomainWithUnderscore } from './names.ts'
import { validateAffinity, validateSpreads, validateTolerations } from './placement-validation.ts'
import { validateOperatingSystem, validateHostProcess } from './pod-os-validation.ts'
import { validateOverhead, validatePodResources } from './resource-validation.ts'
import { validatePodSecurityContext } from './security-validation.ts'
import { usableVolumes, validateVolumes } from './volume-validation.ts'
import type { FieldError } from './field-error.ts'
import type { PodSpec } from './kinds.ts'

/** Where a pod's spec stands: in a pod, of which the name is known, or in a template. */
export interface SpecOptions {
  readonly template: boolean
  readonly podName?: string
}

const each = (field: string, value: string, words: readonly string[]) => words.map((said) => invalid(field, value, said))

/**
 * What is wrong with a pod's spec, in the order in which the real server says it.
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go ValidatePodSpec
 */
export function validatePodSpec(spec: PodSpec, field: string, options: SpecOptions): FieldError[] {
  const hostUsers = spec.hostUsers ?? true
  const volumes = spec.volumes ?? []
  const usable = usableVolumes(volumes, options)
  const place = { spec, volumes: usable, hostUsers }
  return [
    ...validateVolumes(volumes, `${field}.volumes`, options),
    ...validateResourceClaims(spec, `${field}.resourceClaims`),
    ...validateContainers(place, `${field}.containers`),
    ...validateInitContainers(place, `${field}.initContainers`),
    ...validateEphemeralContainers(place, `${field}.ephemeralContainers`),
    ...validatePodResources(spec, `${field}.resources`),
    ...validateHostNetwork(spec, `${field}.containers`, options.template),
    ...oneOf(spec.restartPolicy, ['Always', 'OnFailure', 'Never'], `${field}.restartPolicy`),
    ...oneOf(spec.dnsPolicy, ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'], `${field}.dnsPolicy`),
    ...Object.entries(spec.nodeSelector ?? {}).flatMap(([key, value]) => [
      ...each(`${field}.nodeSelector`, key, qualifiedName(key)),
      ...each(`${field}.nodeSelector`, value, labelValue(value)),
    ]),
    ...validatePodSecurityContext(spec, `${field}.securityContext`),
    ...(spec.affinity ? validateAffinity(spec.affinity, `${field}.affinity`) : []),
    ...validateDns(spec, `${field}.dnsConfig`),
    ...validateGates(spec, field),
    ...validateSpreads(spec.topologySpreadConstraints ?? [], `${field}.topologySpreadConstraints`),
    ...validateHostProcess(spec, field),
    ...validateHostUsers(spec, field),
    ...validateNames(spec, field),
    ...validateOverhead(spec.overhead, `${field}.overhead`),
    ...validateOperatingSystem(spec, field),
  ]
}

function oneOf(value: string | undefined, allowed: readonly string[], field: string): FieldError[] {
  if (!value) return [required(field)]
  return allowed.includes(value) ? [] : [unsupported(field, value, allowed)]
}

function validateNames(spec: PodSpec, field: string): FieldError[] {
  const errors: FieldError[] = []
  const check = (key: 'serviceAccountName' | 'nodeName' | 'hostname' | 'subdomain' | 'priorityClassName', rule: typeof label) => {
    const value = spec[key]
    if (value) errors.push(...each(`${field}.${key}`, value, rule(value)))
  }
  check('serviceAccountName', subdomain)
  check('nodeName', subdomain)
  const deadline = spec.activeDeadlineSeconds
  if (deadline !== undefined && (deadline < 1 || deadline > 2147483647))
    errors.push(invalid(`${field}.activeDeadlineSeconds`, deadline, 'must be between 1 and 2147483647, inclusive'))
  check('hostname', label)
  check('subdomain', label)
  errors.push(...validateTolerations(spec.tolerations ?? [], `${field}.tolerations`))
  spec.hostAliases?.forEach(({ ip, hostnames }, index) => {
    const path = `${field}.hostAliases[${index}]`
    errors.push(...validateIp(`${path}.ip`, ip ?? ''))
    hostnames?.forEach((name, at) => errors.push(...each(`${path}.hostnames[${at}]`, name, subdomain(name))))
  })
  check('priorityClassName', subdomain)
  if (spec.runtimeClassName !== undefined)
    errors.push(...each(`${field}.runtimeClassName`, spec.runtimeClassName, subdomain(spec.runtimeClassName)))
  if (spec.preemptionPolicy !== undefined)
    errors.push(...oneOf(spec.preemptionPolicy, ['PreemptLowerPriority', 'Never'], `${field}.preemptionPolicy`))
  return errors
}

/** The claims of devices; without DRA drivers nothing fulfils them, but their form is held to. */
function validateResourceClaims(spec: PodSpec, field: string): FieldError[] {
  const names = new Set<string>()
  return (spec.resourceClaims ?? []).flatMap((claim, index) => {
    const path = `${field}[${index}]`
    const errors: FieldError[] = []
    if (!claim.name) errors.push(required(`${path}.name`))
    else if (names.has(claim.name)) errors.push(duplicate(`${path}.name`, claim.name))
    else errors.push(...each(`${path}.name`, claim.name, label(claim.name)))
    names.add(claim.name)
    const { resourceClaimName: direct, resourceClaimTemplateName: template } = claim
    const shown = { Name: claim.name, ResourceClaimName: direct ?? null, ResourceClaimTemplateName: template ?? null }
    if (direct !== undefined && template !== undefined)
      errors.push(invalid(path, shown, 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified'))
    if (direct === undefined && template === undefined)
      errors.push(invalid(path, shown, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'))
    if (direct !== undefined) errors.push(...each(`${path}.resourceClaimName`, direct, subdomain(direct)))
    if (template !== undefined) errors.push(...each(`${path}.resourceClaimTemplateName`, template, subdomain(template)))
    return errors
  })
}

/** On the node's network a port is the node's; templates may leave that for the pod. */
function validateHostNetwork(spec: PodSpec, field: string, template: boolean): FieldError[] {
  if (!spec.hostNetwork) return []
  return (spec.containers ?? []).flatMap((container, at) =>
    (container.ports ?? []).flatMap(({ hostPort = 0, containerPort }, index) =>
      (!template || hostPort !== 0) && hostPort !== containerPort
        ? [invalid(`${field}[${at}].ports[${index}].hostPort`, hostPort, 'must match `containerPort` when `hostNetwork` is true')]
        : [],
    ),
  )
}

const MOST_SEARCHES = 32
const MOST_SEARCH_CHARACTERS = 2048

function validateDns(spec: PodSpec, field: string): FieldError[] {
  const { dnsPolicy, dnsConfig } = spec
  if (dnsPolicy === 'None' && !dnsConfig) return [required(field, 'must provide `dnsConfig` when `dnsPolicy` is None')]
  const { nameservers = [], searches = [], options = [] } = dnsConfig ?? {}
  if (dnsPolicy === 'None' && nameservers.length === 0)
    return [required(`${field}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None')]
  const errors: FieldError[] = []
  if (nameservers.length > 3) errors.push(invalid(`${field}.nameservers`, nameservers, 'must not have more than 3 nameservers'))
  nameservers.forEach((server, index) => errors.push(...validateIp(`${field}.nameservers[${index}]`, server)))
  if (searches.length > MOST_SEARCHES)
    errors.push(invalid(`${field}.searches`, searches, `must not have more than ${MOST_SEARCHES} search paths`))
  if (searches.join(' ').length > MOST_SEARCH_CHARACTERS)
    errors.push(
      invalid(
        `${field}.searches`,
        searches,
        `must not have more than ${MOST_SEARCH_CHARACTERS} characters (including spaces) in the search list`,
      ),
    )
  searches.forEach((search, index) => {
    const bare = search.replace(/\.$/, '')
    if (search !== '.') errors.push(...each(`${field}.searches[${index}]`, bare, subdomainWithUnderscore(bare)))
  })
  options.forEach(({ name }, index) => {
    if (!name) errors.push(required(`${field}.options[${index}]`, 'must not be empty'))
  })
  return errors
}

function validateGates(spec: PodSpec, field: string): FieldError[] {
  const errors = (spec.readinessGates ?? []).flatMap(({ conditionType }, index) =>
    each(`${field}.readinessGates[${index}].conditionType`, conditionType, qualifiedName(conditionType)),
  )
  const seen = new Set<string>()
  spec.schedulingGates?.forEach(({ name }, index) => {
    const path = `${field}.schedulingGates[${index}]`
    errors.push(...each(path, name, qualifiedName(name)))
    if (seen.has(name)) errors.push(duplicate(path, name))
    seen.add(name)
  })
  return errors
}

/** A user namespace of its own goes with none of the host's. */
function validateHostUsers(spec: PodSpec, field: string): FieldError[] {
  if (spec.hostUsers !== false) return []
  const words = 'when `pod.Spec.HostUsers` is false'
  return [
    ...(spec.hostNetwork ? [forbidden(`${field}.hostNetwork`, words)] : []),
    ...(spec.hostPID ? [forbidden(`${field}.HostPID`, words)] : []),
    ...(spec.hostIPC ? [forbidden(`${field}.HostIPC`, words)] : []),
  ]
}
