import { textOfBytes } from '../bytes.ts'
import { namespaceOf, nameOf } from '../controllers/objects.ts'
import { amountOf } from '../controllers/quantity.ts'
import type {
  ConfigMap,
  Container,
  EnvVar,
  Node,
  ObjectFieldSelector,
  Pod,
  ResourceFieldSelector,
  Secret,
  Service,
} from '../resources/kinds.ts'

/** Where a container's environment comes from. */
export interface EnvSources {
  readonly configMap: (name: string) => ConfigMap | undefined
  readonly secret: (name: string) => Secret | undefined
  /** The services of the pod's namespace, and `kubernetes` of the default one. */
  readonly services: readonly Service[]
  readonly node: Node | undefined
  readonly podIP: string
  readonly hostIP: string
}

export type Resolved =
  | { readonly ok: true; readonly env: { readonly [name: string]: string } }
  | { readonly ok: false; readonly message: string }

/** Thrown while resolving; becomes CreateContainerConfigError with these words. */
class Unresolved extends Error {}

/**
 * A container's environment as its process sees it: service variables, `envFrom`, then `env`, with `$(NAME)` expanded.
 * https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
 */
export function resolveEnv(pod: Pod, container: Container, sources: EnvSources): Resolved {
  const env: { [name: string]: string } = {}
  const services = serviceVariables(pod, sources.services)
  try {
    for (const from of container.envFrom ?? []) {
      for (const [key, value] of Object.entries(fromMap(pod, from, sources))) env[`${from.prefix ?? ''}${key}`] = value
    }
    for (const variable of container.env ?? []) {
      const value = valueOf(pod, container, variable, sources)
      if (value !== undefined) env[variable.name] = variable.valueFrom ? value : expand(value, { ...services, ...env })
    }
  } catch (error) {
    if (error instanceof Unresolved) return { ok: false, message: error.message }
    throw error
  }
  return { ok: true, env: { ...services, ...env } }
}

/** Replaces `$(NAME)`; `$$(NAME)` is a literal `$(NAME)`; unknown names stay as they are. */
export function expand(text: string, env: { readonly [name: string]: string }): string {
  return text.replace(/\$(\$|\(([^)]+)\))/g, (whole, kind: string, name: string | undefined) =>
    kind === '$' ? '$' : (env[name ?? ''] ?? whole),
  )
}

function fromMap(pod: Pod, from: NonNullable<Container['envFrom']>[number], sources: EnvSources): { readonly [key: string]: string } {
  if (from.configMapRef) {
    const name = from.configMapRef.name ?? ''
    const map = sources.configMap(name)
    if (!map && !from.configMapRef.optional) throw new Unresolved(`configmap "${name}" not found`)
    return map?.data ?? {}
  }
  const name = from.secretRef?.name ?? ''
  const secret = sources.secret(name)
  if (!secret && !from.secretRef?.optional) throw new Unresolved(`secret "${name}" not found`)
  void pod
  return Object.fromEntries(Object.entries(secret?.data ?? {}).map(([key, value]) => [key, decodeBase64(value)]))
}

function valueOf(pod: Pod, container: Container, variable: EnvVar, sources: EnvSources): string | undefined {
  const from = variable.valueFrom
  if (!from) return variable.value ?? ''
  if (from.fieldRef) return fieldOf(pod, from.fieldRef, sources)
  if (from.resourceFieldRef) return resourceOf(pod, container, from.resourceFieldRef, sources.node)
  if (from.configMapKeyRef) {
    const { name = '', key, optional } = from.configMapKeyRef
    const map = sources.configMap(name)
    if (!map) return missing(optional, `configmap "${name}" not found`)
    return map.data?.[key] ?? missing(optional, `couldn't find key ${key} in ConfigMap ${namespaceOf(pod)}/${name}`)
  }
  if (from.secretKeyRef) {
    const { name = '', key, optional } = from.secretKeyRef
    const secret = sources.secret(name)
    if (!secret) return missing(optional, `secret "${name}" not found`)
    const value = secret.data?.[key]
    return value === undefined ? missing(optional, `couldn't find key ${key} in Secret ${namespaceOf(pod)}/${name}`) : decodeBase64(value)
  }
  return undefined
}

function missing(optional: boolean | undefined, message: string): undefined {
  if (!optional) throw new Unresolved(message)
}

/** The downward API's fields. https://kubernetes.io/docs/concepts/workloads/pods/downward-api/ */
export function fieldOf(pod: Pod, field: ObjectFieldSelector, place: { readonly podIP: string; readonly hostIP: string }): string {
  const path = field.fieldPath
  const keyed = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path)
  if (keyed) return (keyed[1] === 'labels' ? pod.metadata.labels : pod.metadata.annotations)?.[keyed[2] ?? ''] ?? ''
  switch (path) {
    case 'metadata.name':
      return nameOf(pod)
    case 'metadata.namespace':
      return namespaceOf(pod)
    case 'metadata.uid':
      return pod.metadata.uid ?? ''
    case 'metadata.labels':
      return formatMap(pod.metadata.labels)
    case 'metadata.annotations':
      return formatMap(pod.metadata.annotations)
    case 'spec.nodeName':
      return pod.spec?.nodeName ?? ''
    case 'spec.serviceAccountName':
      return pod.spec?.serviceAccountName ?? ''
    case 'status.hostIP':
    case 'status.hostIPs':
      return place.hostIP
    case 'status.podIP':
    case 'status.podIPs':
      return place.podIP
    default:
      return ''
  }
}

function formatMap(map: { readonly [key: string]: string } | undefined): string {
  return Object.entries(map ?? {})
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n')
}

/** `limits.memory` in bytes and the like, rounded up to the divisor; without a limit, what the node has. */
export function resourceOf(pod: Pod, container: Container | undefined, field: ResourceFieldSelector, node: Node | undefined): string {
  const holder = field.containerName ? (pod.spec?.containers.find((one) => one.name === field.containerName) ?? container) : container
  const [kind, name = ''] = field.resource.split('.')
  const limit = holder?.resources?.limits?.[name] ?? node?.status?.allocatable?.[name]
  const quantity = kind === 'requests' ? holder?.resources?.requests?.[name] : limit
  const divisor = amountOf(field.divisor) || 1
  return String(Math.ceil(amountOf(quantity) / divisor - 1e-9))
}

/** The variables by which containers find services, Docker-links style. */
function serviceVariables(pod: Pod, services: readonly Service[]): { readonly [name: string]: string } {
  const env: { [name: string]: string } = {}
  const links = pod.spec?.enableServiceLinks !== false
  for (const service of services) {
    const master = nameOf(service) === 'kubernetes' && namespaceOf(service) === 'default'
    const ip = service.spec?.clusterIP
    if (!ip || ip === 'None' || !(master || (links && namespaceOf(service) === namespaceOf(pod)))) continue
    Object.assign(env, linksOf(service, ip))
  }
  return env
}

function linksOf(service: Service, ip: string): { readonly [name: string]: string } {
  const shout = (text: string): string => text.toUpperCase().replaceAll('-', '_')
  const prefix = shout(nameOf(service))
  const env: { [name: string]: string } = {}
  for (const [index, port] of (service.spec?.ports ?? []).entries()) {
    const protocol = port.protocol ?? 'TCP'
    const url = `${protocol.toLowerCase()}://${ip}:${port.port}`
    if (index === 0) {
      env[`${prefix}_SERVICE_HOST`] = ip
      env[`${prefix}_SERVICE_PORT`] = String(port.port)
      env[`${prefix}_PORT`] = url
    }
    if (port.name) env[`${prefix}_SERVICE_PORT_${shout(port.name)}`] = String(port.port)
    const link = `${prefix}_PORT_${port.port}_${protocol}`
    env[link] = url
    env[`${link}_PROTO`] = protocol.toLowerCase()
    env[`${link}_PORT`] = String(port.port)
    env[`${link}_ADDR`] = ip
  }
  return env
}

/** A Secret's value as text. */
export function decodeBase64(value: string): string {
  return textOfBytes(Uint8Array.from(atob(value), (char) => char.charCodeAt(0)))
}
