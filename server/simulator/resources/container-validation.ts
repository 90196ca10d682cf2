import { validateEnv, validateEnvFrom } from './env-validation.ts'
import { duplicate, forbidden, invalid, notFoundField, required, tooMany, unsupported } from './field-error.ts'
import { validateHandlers, validatePortNumber } from './handler-validation.ts'
import { validateDevices, validateMounts } from './mount-validation.ts'
import { label, portName } from './names.ts'
import { validateContainerResources } from './resource-validation.ts'
import { validateSecurityContext } from './security-validation.ts'
import type { FieldError } from './field-error.ts'
import type { Container, EphemeralContainer, PodSpec } from './kinds.ts'
import type { Volumes } from './mount-validation.ts'
import type { JsonValue } from './object.ts'

/**
 * Containers of the three kinds.
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go validateContainers
 */

/** What a container's rules need to know of its pod. */
export interface ContainerPlace {
  readonly spec: PodSpec
  readonly volumes: Volumes
  readonly hostUsers: boolean
}

export function validateContainers(place: ContainerPlace, field: string): FieldError[] {
  const { spec } = place
  const containers = spec.containers ?? []
  if (containers.length === 0) return [required(field)]
  const names = new Set<string>()
  const errors = containers.flatMap((container, index) => {
    const path = `${field}[${index}]`
    const found = validateCommon(container, path, place)
    if (names.has(container.name)) found.push(duplicate(`${path}.name`, container.name))
    names.add(container.name)
    found.push(...validateHandlers(container, spec.terminationGracePeriodSeconds, path))
    return [...found, ...validateRestart(container, path)]
  })
  return [...errors, ...validateHostPorts(containers, field)]
}

export function validateInitContainers(place: ContainerPlace, field: string): FieldError[] {
  const { spec } = place
  const names = new Set((spec.containers ?? []).map(({ name }) => name))
  return (spec.initContainers ?? []).flatMap((container, index) => {
    const path = `${field}[${index}]`
    const errors = [...validateCommon(container, path, place), ...validateRestart(container, path)]
    if (names.has(container.name)) errors.push(duplicate(`${path}.name`, container.name))
    else if (container.name) names.add(container.name)
    // The index is of the list that is checked: one container.
    errors.push(...validateHostPorts([container], field))
    if (container.restartPolicy === 'Always') {
      return [...errors, ...validateHandlers(container, spec.terminationGracePeriodSeconds, path)]
    }
    for (const key of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const)
      if (container[key]) errors.push(forbidden(`${path}.${key}`, 'may not be set for init containers without restartPolicy=Always'))
    if (container.resizePolicy?.length)
      errors.push(invalid(`${path}.resizePolicy`, goResizePolicy(container.resizePolicy), 'must not be set for init containers'))
    return errors
  })
}

/** Fields of containers that those for debugging may not have, in Go's order. */
const NOT_EPHEMERAL = [
  'ports',
  'resources',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
] as const

export function validateEphemeralContainers(place: ContainerPlace, field: string): FieldError[] {
  const others = new Set([...(place.spec.containers ?? []), ...(place.spec.initContainers ?? [])].map(({ name }) => name))
  const names = new Set(others)
  return (place.spec.ephemeralContainers ?? []).flatMap((container: EphemeralContainer, index) => {
    const path = `${field}[${index}]`
    const errors = [...validateCommon(container, path, place), ...validateImageSpaces(container, path)]
    if (names.has(container.name)) errors.push(duplicate(`${path}.name`, container.name))
    names.add(container.name)
    const target = container.targetContainerName
    if (target && !others.has(target)) errors.push(notFoundField(`${path}.targetContainerName`, target))
    const words = 'cannot be set for an Ephemeral Container'
    for (const key of NOT_EPHEMERAL) if (isSet(container[key])) errors.push(forbidden(`${path}.${key}`, words))
    container.volumeMounts?.forEach((mount, at) => {
      for (const key of ['subPath', 'subPathExpr'] as const)
        if (mount[key]) errors.push(forbidden(`${path}.volumeMounts[${at}].${key}`, words))
    })
    return errors
  })
}

const isSet = (value: object | string | undefined) => value !== undefined && (typeof value === 'string' || Object.keys(value).length > 0)

/** Pods only, not templates: spaces about an image were once let pass there. */
export function validateImageSpaces({ image }: Pick<Container, 'image'>, field: string): FieldError[] {
  return image !== undefined && image !== image.trim()
    ? [invalid(`${field}.image`, image, 'must not have leading or trailing whitespace')]
    : []
}

function validateCommon(container: Container, field: string, place: ContainerPlace): FieldError[] {
  const errors: FieldError[] = []
  const { name, image } = container
  if (!name) errors.push(required(`${field}.name`))
  else errors.push(...label(name).map((words) => invalid(`${field}.name`, name, words)))
  if (!image) errors.push(required(`${field}.image`))
  const messages = ['File', 'FallbackToLogsOnError']
  if (!messages.includes(container.terminationMessagePolicy ?? ''))
    errors.push(unsupported(`${field}.terminationMessagePolicy`, container.terminationMessagePolicy, messages))
  errors.push(...validatePorts(container, `${field}.ports`))
  errors.push(...validateEnv(container.env, `${field}.env`), ...validateEnvFrom(container.envFrom, `${field}.envFrom`))
  errors.push(...validateMounts(container, place.volumes, `${field}.volumeMounts`))
  errors.push(...validateDevices(container, place.volumes, `${field}.volumeDevices`))
  const policies = ['Always', 'IfNotPresent', 'Never']
  if (!policies.includes(container.imagePullPolicy ?? ''))
    errors.push(unsupported(`${field}.imagePullPolicy`, container.imagePullPolicy, policies))
  const claims = (place.spec.resourceClaims ?? []).map((claim) => claim.name)
  errors.push(...validateContainerResources(container.resources, `${field}.resources`, claims))
  errors.push(...validateResizePolicy(container, `${field}.resizePolicy`, place.spec.restartPolicy))
  errors.push(...validateSecurityContext(container.securityContext, `${field}.securityContext`, place.hostUsers))
  return errors
}

function validatePorts(container: Container, field: string): FieldError[] {
  const names = new Set<string>()
  return (container.ports ?? []).flatMap((port, index) => {
    const path = `${field}[${index}]`
    const errors: FieldError[] = []
    if (port.name) {
      const wrong = portName(port.name).map((words) => invalid(`${path}.name`, port.name, words))
      if (wrong.length > 0) errors.push(...wrong)
      else if (names.has(port.name)) errors.push(duplicate(`${path}.name`, port.name))
      else names.add(port.name)
    }
    if (!port.containerPort) errors.push(required(`${path}.containerPort`))
    else errors.push(...validatePortNumber(port.containerPort, `${path}.containerPort`))
    if (port.hostPort) errors.push(...validatePortNumber(port.hostPort, `${path}.hostPort`))
    const protocols = ['SCTP', 'TCP', 'UDP']
    if (!protocols.includes(port.protocol ?? 'TCP')) errors.push(unsupported(`${path}.protocol`, port.protocol, protocols))
    return errors
  })
}

/** No two containers of a pod may ask for one port of the node. */
function validateHostPorts(containers: readonly Container[], field: string): FieldError[] {
  const taken = new Set<string>()
  return containers.flatMap((container, at) =>
    (container.ports ?? []).flatMap(({ hostPort, hostIP, protocol }, index) => {
      if (!hostPort) return []
      const key = `${protocol ?? 'TCP'}/${hostIP ?? ''}/${hostPort}`
      if (taken.has(key)) return [duplicate(`${field}[${at}].ports[${index}].hostPort`, key)]
      taken.add(key)
      return []
    }),
  )
}

const goResizePolicy = (policies: NonNullable<Container['resizePolicy']>): JsonValue =>
  policies.map(({ resourceName, restartPolicy }) => ({ ResourceName: resourceName, RestartPolicy: restartPolicy }))

function validateResizePolicy(container: Container, field: string, podPolicy: string | undefined): FieldError[] {
  const seen = new Set<string>()
  return (container.resizePolicy ?? []).flatMap(({ resourceName, restartPolicy }, index) => {
    const errors: FieldError[] = []
    if (seen.has(resourceName)) errors.push(duplicate(`${field}[${index}]`, resourceName))
    seen.add(resourceName)
    if (!resourceName) errors.push(required(field))
    else if (!['cpu', 'memory'].includes(resourceName)) errors.push(unsupported(field, resourceName, ['cpu', 'memory']))
    const policies = ['NotRequired', 'RestartContainer']
    if (!restartPolicy) errors.push(required(field))
    else if (!policies.includes(restartPolicy)) errors.push(unsupported(field, restartPolicy, policies))
    if (podPolicy === 'Never' && restartPolicy !== 'NotRequired')
      errors.push(invalid(field, restartPolicy, "must be 'NotRequired' when `restartPolicy` is 'Never'"))
    return errors
  })
}

const MOST_RULES = 20
const MOST_EXIT_CODES = 255

/** A container's own restart policy, and rules by exit code. @see https://kep.k8s.io/5307 */
function validateRestart({ restartPolicy, restartPolicyRules: rules = [] }: Container, field: string): FieldError[] {
  const errors: FieldError[] = []
  const policies = ['Always', 'Never', 'OnFailure']
  if (restartPolicy === undefined) {
    if (rules.length > 0) errors.push(required(`${field}.restartPolicy`, 'must specify restartPolicy when restart rules are used'))
  } else if (!policies.includes(restartPolicy)) errors.push(unsupported(`${field}.restartPolicy`, restartPolicy, policies))
  if (rules.length > MOST_RULES) errors.push(tooMany(`${field}.restartPolicyRules`, rules.length, MOST_RULES))
  rules.forEach(({ action, exitCodes }, index) => {
    const path = `${field}.restartPolicyRules[${index}]`
    const actions = ['Restart', 'RestartAllContainers']
    if (!actions.includes(action)) errors.push(unsupported(`${path}.action`, action, actions))
    if (!exitCodes) return void errors.push(required(`${path}.exitCodes`, 'must be specified'))
    if (!['In', 'NotIn'].includes(exitCodes.operator))
      errors.push(unsupported(`${path}.exitCodes.operator`, exitCodes.operator, ['In', 'NotIn']))
    const count = exitCodes.values?.length ?? 0
    if (count > MOST_EXIT_CODES) errors.push(tooMany(`${path}.exitCodes.values`, count, MOST_EXIT_CODES))
  })
  return errors
}
