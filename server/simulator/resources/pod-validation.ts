import { duplicate, forbidden, invalid, notFoundField, required, unsupported } from './field-error.ts'
import { label, labelValue, portName, qualifiedName, subdomain } from './names.ts'
import { validatePodSecurityContext, validateSecurityContext } from './security-validation.ts'
import { validateContainerResources } from './resource-validation.ts'
import { descendingPath } from './paths.ts'
import { validateVolumes } from './volume-validation.ts'
import { validateAffinity, validateSpread, validateTolerations } from './placement-validation.ts'
import type { FieldError } from './field-error.ts'
import type { Container, EnvVar, PodSpec, Probe } from './kinds.ts'
import type { JsonValue } from './object.ts'

/** How strict the place is in which a pod's spec stands. */
export interface SpecOptions {
  /** Templates may be looser: images with spaces pass there, as on the real server. */
  readonly template: boolean
  readonly restartPolicies: readonly string[]
}

const range = (field: string, value: JsonValue, low: number, high: number) =>
  invalid(field, value, `must be between ${low} and ${high}, inclusive`)
const each = (field: string, value: JsonValue | undefined, words: readonly string[]) => words.map((said) => invalid(field, value, said))
export const atLeastZero = (field: string, value: number | undefined): FieldError[] =>
  value !== undefined && value < 0 ? [invalid(field, value, 'must be greater than or equal to 0')] : []

/** @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go */
export function validatePodSpec(spec: PodSpec, field: string, options: SpecOptions): FieldError[] {
  const errors: FieldError[] = []
  const volumes = new Set((spec.volumes ?? []).map((volume) => volume.name))
  errors.push(...validateVolumes(spec.volumes ?? [], `${field}.volumes`))
  errors.push(...validateContainers(spec, volumes, field, options))
  if (!['Always', 'OnFailure', 'Never'].includes(spec.restartPolicy ?? '')) {
    errors.push(unsupported(`${field}.restartPolicy`, spec.restartPolicy, ['Always', 'OnFailure', 'Never']))
  } else if (!options.restartPolicies.includes(spec.restartPolicy ?? '')) {
    errors.push(unsupported(`${field}.restartPolicy`, spec.restartPolicy, options.restartPolicies))
  }
  const dns = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None']
  if (!dns.includes(spec.dnsPolicy ?? '')) errors.push(unsupported(`${field}.dnsPolicy`, spec.dnsPolicy, dns))
  for (const [key, value] of Object.entries(spec.nodeSelector ?? {})) {
    errors.push(...each(`${field}.nodeSelector`, key, qualifiedName(key)), ...each(`${field}.nodeSelector`, value, labelValue(value)))
  }
  if (spec.serviceAccountName)
    errors.push(...each(`${field}.serviceAccountName`, spec.serviceAccountName, subdomain(spec.serviceAccountName)))
  if (spec.nodeName) errors.push(...each(`${field}.nodeName`, spec.nodeName, subdomain(spec.nodeName)))
  const deadline = spec.activeDeadlineSeconds
  if (deadline !== undefined && (deadline < 1 || deadline > 2147483647))
    errors.push(range(`${field}.activeDeadlineSeconds`, deadline, 1, 2147483647))
  if (spec.hostname) errors.push(...each(`${field}.hostname`, spec.hostname, label(spec.hostname)))
  if (spec.subdomain) errors.push(...each(`${field}.subdomain`, spec.subdomain, label(spec.subdomain)))
  errors.push(...validatePodSecurityContext(spec.securityContext, `${field}.securityContext`))
  if (spec.shareProcessNamespace && spec.hostPID)
    errors.push(invalid(`${field}.shareProcessNamespace`, true, 'ShareProcessNamespace and HostPID cannot both be enabled'))
  spec.topologySpreadConstraints?.forEach((constraint, index) =>
    errors.push(...validateSpread(constraint, `${field}.topologySpreadConstraints[${index}]`)),
  )
  errors.push(...validateDns(spec, field))
  errors.push(...validateTolerations(spec.tolerations ?? [], `${field}.tolerations`))
  if (spec.affinity) errors.push(...validateAffinity(spec.affinity, `${field}.affinity`))
  return errors
}

function validateContainers(spec: PodSpec, volumes: ReadonlySet<string>, field: string, options: SpecOptions): FieldError[] {
  const errors: FieldError[] = []
  const names = new Set<string>()
  const containers = spec.containers ?? []
  if (containers.length === 0) errors.push(required(`${field}.containers`))
  const check = (container: Container, path: string, init: boolean) => {
    errors.push(...validateContainer(container, path, volumes, options, init))
    if (container.name && names.has(container.name)) errors.push(duplicate(`${path}.name`, container.name))
    names.add(container.name)
  }
  containers.forEach((container, index) => check(container, `${field}.containers[${index}]`, false))
  spec.initContainers?.forEach((container, index) =>
    check(container, `${field}.initContainers[${index}]`, container.restartPolicy !== 'Always'),
  )
  return errors
}

function validateContainer(
  container: Container,
  field: string,
  volumes: ReadonlySet<string>,
  options: SpecOptions,
  init: boolean,
): FieldError[] {
  const errors: FieldError[] = []
  if (!container.name) errors.push(required(`${field}.name`))
  else errors.push(...each(`${field}.name`, container.name, label(container.name)))
  if (!container.image) {
    if (!options.template) errors.push(required(`${field}.image`))
    else errors.push(required(`${field}.image`))
  } else if (!options.template && container.image !== container.image.trim()) {
    errors.push(invalid(`${field}.image`, container.image, 'must not have leading or trailing whitespace'))
  }
  const policies = ['Always', 'IfNotPresent', 'Never']
  if (!policies.includes(container.imagePullPolicy ?? ''))
    errors.push(unsupported(`${field}.imagePullPolicy`, container.imagePullPolicy, policies))
  const messages = ['File', 'FallbackToLogsOnError']
  if (!messages.includes(container.terminationMessagePolicy ?? ''))
    errors.push(unsupported(`${field}.terminationMessagePolicy`, container.terminationMessagePolicy, messages))
  errors.push(...validatePorts(container, `${field}.ports`))
  container.env?.forEach((variable, index) => errors.push(...validateEnv(variable, `${field}.env[${index}]`)))
  container.envFrom?.forEach((source) => {
    if (!source.configMapRef && !source.secretRef)
      errors.push(invalid(`${field}.envFrom`, '', 'must specify one of: `configMapRef` or `secretRef`'))
    if (source.configMapRef && !source.configMapRef.name) errors.push(required(`${field}.envFrom.configMapRef.name`))
    if (source.secretRef && !source.secretRef.name) errors.push(required(`${field}.envFrom.secretRef.name`))
  })
  errors.push(...validateMounts(container, `${field}.volumeMounts`, volumes))
  if (!init) {
    errors.push(...validateLifecycle(container, `${field}.lifecycle`))
    errors.push(...validateProbe(container.livenessProbe, `${field}.livenessProbe`, true))
    errors.push(...validateProbe(container.readinessProbe, `${field}.readinessProbe`, false))
    errors.push(...validateProbe(container.startupProbe, `${field}.startupProbe`, true))
  }
  errors.push(...validateContainerResources(container.resources, `${field}.resources`))
  errors.push(...validateSecurityContext(container.securityContext, `${field}.securityContext`))
  return errors
}

function validatePorts(container: Container, field: string): FieldError[] {
  const names = new Set<string>()
  return (container.ports ?? []).flatMap((port, index) => {
    const path = `${field}[${index}]`
    const errors: FieldError[] = []
    if (port.name) {
      errors.push(...each(`${path}.name`, port.name, portName(port.name)))
      if (names.has(port.name)) errors.push(duplicate(`${path}.name`, port.name))
      names.add(port.name)
    }
    if (!port.containerPort) errors.push(required(`${path}.containerPort`))
    else if (port.containerPort < 1 || port.containerPort > 65535) errors.push(range(`${path}.containerPort`, port.containerPort, 1, 65535))
    if (port.hostPort && (port.hostPort < 1 || port.hostPort > 65535)) errors.push(range(`${path}.hostPort`, port.hostPort, 1, 65535))
    const protocols = ['SCTP', 'TCP', 'UDP']
    if (!protocols.includes(port.protocol ?? 'TCP')) errors.push(unsupported(`${path}.protocol`, port.protocol, protocols))
    return errors
  })
}

const FIELD_PATHS = [
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

function validateEnv(variable: EnvVar, field: string): FieldError[] {
  const errors: FieldError[] = []
  if (!variable.name) errors.push(required(`${field}.name`))
  else if (!/^[ -<>-~]+$/.test(variable.name)) {
    errors.push(
      invalid(
        `${field}.name`,
        variable.name,
        "a valid environment variable name must consist only of printable ASCII characters other than '='",
      ),
    )
  }
  const from = variable.valueFrom
  if (!from) return errors
  const path = `${field}.valueFrom`
  const sources = Object.keys(from).length
  if (sources === 0)
    errors.push(invalid(path, '', 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`'))
  if (variable.value) errors.push(invalid(path, '', 'may not be specified when `value` is not empty'))
  else if (sources > 1) errors.push(invalid(path, '', 'may not have more than one field specified at a time'))
  if (from.fieldRef) errors.push(...validateFieldRef(from.fieldRef.fieldPath, `${path}.fieldRef.fieldPath`))
  for (const key of ['configMapKeyRef', 'secretKeyRef'] as const) {
    const ref = from[key]
    if (ref && !ref.name) errors.push(required(`${path}.${key}.name`))
    if (ref && !ref.key) errors.push(required(`${path}.${key}.key`))
  }
  return errors
}

function validateFieldRef(fieldPath: string, field: string): FieldError[] {
  if (!fieldPath) return [required(field)]
  if (FIELD_PATHS.includes(fieldPath) || /^metadata\.(labels|annotations)\['.+'\]$/.test(fieldPath)) return []
  return [invalid(field, fieldPath, `error converting fieldPath: field label not supported: ${fieldPath}`)]
}

function validateMounts(container: Container, field: string, volumes: ReadonlySet<string>): FieldError[] {
  const paths = new Set<string>()
  return (container.volumeMounts ?? []).flatMap((mount, index) => {
    const path = `${field}[${index}]`
    const errors: FieldError[] = []
    if (!mount.name) errors.push(required(`${path}.name`))
    else if (!volumes.has(mount.name)) errors.push(notFoundField(`${path}.name`, mount.name))
    if (!mount.mountPath) errors.push(required(`${path}.mountPath`))
    else if (paths.has(mount.mountPath)) errors.push(invalid(`${path}.mountPath`, mount.mountPath, 'must be unique'))
    paths.add(mount.mountPath)
    if (mount.subPath && mount.subPathExpr)
      errors.push(invalid(`${path}.subPathExpr`, mount.subPathExpr, 'subPathExpr and subPath are mutually exclusive'))
    if (mount.subPath) errors.push(...descendingPath(mount.subPath, `${path}.subPath`))
    return errors
  })
}

function validateDns(spec: PodSpec, field: string): FieldError[] {
  const path = `${field}.dnsConfig`
  if (spec.dnsPolicy === 'None' && !spec.dnsConfig) return [required(path, 'must provide `dnsConfig` when `dnsPolicy` is None')]
  const servers = spec.dnsConfig?.nameservers ?? []
  if (spec.dnsPolicy === 'None' && servers.length === 0)
    return [required(`${path}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None')]
  return servers.length > 3 ? [invalid(`${path}.nameservers`, servers, 'must not have more than 3 nameservers')] : []
}

export function validatePortNumber(port: number, field: string): FieldError[] {
  return port < 1 || port > 65535 ? [range(field, port, 1, 65535)] : []
}

function validateLifecycle(container: Container, field: string): FieldError[] {
  return (['postStart', 'preStop'] as const).flatMap((hook) => {
    const handler = container.lifecycle?.[hook]
    return handler && Object.keys(handler).length === 0 ? [required(`${field}.${hook}`, 'must specify a handler type')] : []
  })
}

function validateProbe(probe: Probe | undefined, field: string, once: boolean): FieldError[] {
  if (!probe) return []
  const errors: FieldError[] = []
  const { exec, httpGet, tcpSocket, grpc } = probe
  const handlers = (['exec', 'httpGet', 'tcpSocket', 'grpc'] as const).filter((key) => probe[key] !== undefined)
  for (const extra of handlers.slice(1)) errors.push(forbidden(`${field}.${extra}`, 'may not specify more than 1 handler type'))
  if (httpGet?.scheme !== undefined && !['HTTP', 'HTTPS'].includes(httpGet.scheme))
    errors.push(unsupported(`${field}.httpGet.scheme`, httpGet.scheme, ['HTTP', 'HTTPS']))
  if (!exec && !httpGet && !tcpSocket && !grpc) errors.push(required(field, 'must specify a handler type'))
  if (exec && (exec.command ?? []).length === 0) errors.push(required(`${field}.exec.command`))
  if (httpGet) errors.push(...validatePortRef(httpGet.port, `${field}.httpGet.port`))
  if (tcpSocket) errors.push(...validatePortRef(tcpSocket.port, `${field}.tcpSocket.port`))
  for (const key of ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'] as const)
    errors.push(...atLeastZero(`${field}.${key}`, probe[key]))
  const grace = probe.terminationGracePeriodSeconds
  if (grace !== undefined && !once)
    errors.push(invalid(`${field}.terminationGracePeriodSeconds`, grace, 'must not be set for readinessProbes'))
  else if (grace !== undefined && grace <= 0)
    errors.push(invalid(`${field}.terminationGracePeriodSeconds`, grace, 'must be greater than 0'))
  if (once && probe.successThreshold !== undefined && probe.successThreshold !== 1)
    errors.push(invalid(`${field}.successThreshold`, probe.successThreshold, 'must be 1'))
  return errors
}

/** A port by number or by name. */
export function validatePortRef(port: number | string | undefined, field: string): FieldError[] {
  if (typeof port === 'string') return each(field, port, portName(port))
  return port === undefined || port < 1 || port > 65535 ? [range(field, port ?? 0, 1, 65535)] : []
}
