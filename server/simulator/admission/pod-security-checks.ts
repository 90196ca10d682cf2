import type { Pod } from '../resources/kinds.ts'

/**
 * What the pod security standards ask of a pod, check by check, in the words of the pod security admission.
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/
 * @see https://github.com/kubernetes/kubernetes/tree/v1.36.0/staging/src/k8s.io/pod-security-admission/policy
 */

export type PodSpec = NonNullable<Pod['spec']>
type Container = PodSpec['containers'][number]
type SecurityContext = NonNullable<Container['securityContext']>
export type Level = 'privileged' | 'baseline' | 'restricted'

/** Why a pod is not allowed: a short reason, and what exactly is wrong. */
export interface Violation {
  readonly reason: string
  readonly detail: string
}

interface Subject {
  readonly spec: PodSpec
  readonly annotations: { readonly [name: string]: string }
  readonly containers: readonly Container[]
  /** The minor version of the standard; undefined is the latest. */
  readonly minor: number | undefined
}
type Check = (subject: Subject) => Violation | undefined

const quoted = (names: readonly string[]) => names.map((name) => JSON.stringify(name)).join(', ')
const sorted = (values: readonly string[]) => [...new Set(values)].toSorted()
const plural = (one: string, many: string, count: number) => (count === 1 ? one : many)
const named = (names: readonly string[]) => `${plural('container', 'containers', names.length)} ${quoted(names)}`
const namesOf = (containers: readonly Container[]) => containers.map(({ name }) => name)
const since = (subject: Subject, minor: number) => subject.minor === undefined || subject.minor >= minor

/** Who sets something bad: the pod, then its containers. */
function setters(subject: Subject, bad: (context: SecurityContext | PodSpec['securityContext']) => boolean): string | undefined {
  const containers = subject.containers.filter(({ securityContext }) => bad(securityContext))
  const who = [...(bad(subject.spec.securityContext) ? ['pod'] : []), ...(containers.length > 0 ? [named(namesOf(containers))] : [])]
  return who.length > 0 ? who.join(' and ') : undefined
}

const APPARMOR_PREFIX = 'container.apparmor.security.beta.kubernetes.io/'

function appArmorProfile({ annotations }: Subject): Violation | undefined {
  const wrong = Object.entries(annotations).filter(
    ([key, value]) => key.startsWith(APPARMOR_PREFIX) && value !== '' && value !== 'runtime/default' && !value.startsWith('localhost/'),
  )
  if (wrong.length === 0) return undefined
  const detail = wrong
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .toSorted()
    .join(', ')
  return { reason: plural('forbidden AppArmor profile', 'forbidden AppArmor profiles', wrong.length), detail }
}

const DEFAULT_CAPABILITIES = [
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]

function addedBeyond(subject: Subject, allowed: readonly string[]): string | undefined {
  const beyond = ({ securityContext }: Container) => (securityContext?.capabilities?.add ?? []).filter((name) => !allowed.includes(name))
  const bad = subject.containers.filter((container) => beyond(container).length > 0)
  if (bad.length === 0) return undefined
  return `${named(namesOf(bad))} must not include ${quoted(sorted(bad.flatMap(beyond)))} in securityContext.capabilities.add`
}

function baselineCapabilities(subject: Subject): Violation | undefined {
  const detail = addedBeyond(subject, DEFAULT_CAPABILITIES)
  return detail === undefined ? undefined : { reason: 'non-default capabilities', detail }
}

function hostNamespaces({ spec }: Subject): Violation | undefined {
  const used = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((field) => spec[field])
  return used.length === 0 ? undefined : { reason: 'host namespaces', detail: used.map((field) => `${field}=true`).join(', ') }
}

function hostPathVolumes({ spec }: Subject): Violation | undefined {
  const names = (spec.volumes ?? []).filter(({ hostPath }) => hostPath !== undefined).map(({ name }) => name)
  return names.length === 0
    ? undefined
    : { reason: 'hostPath volumes', detail: `${plural('volume', 'volumes', names.length)} ${quoted(names)}` }
}

function hostPorts(subject: Subject): Violation | undefined {
  const used = ({ ports }: Container) => (ports ?? []).flatMap(({ hostPort }) => (hostPort ? [String(hostPort)] : []))
  const bad = subject.containers.filter((container) => used(container).length > 0)
  if (bad.length === 0) return undefined
  const ports = sorted(bad.flatMap(used))
  return {
    reason: 'hostPort',
    detail: `${named(namesOf(bad))} ${plural('uses', 'use', bad.length)} ${plural('hostPort', 'hostPorts', ports.length)} ${ports.join(', ')}`,
  }
}

function hostProbes(subject: Subject): Violation | undefined {
  if (!since(subject, 34)) return undefined
  const hosts = ({ livenessProbe, readinessProbe, startupProbe, lifecycle }: Container) =>
    [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop].flatMap((handler) =>
      [handler?.httpGet?.host, handler?.tcpSocket?.host].filter((host) => host !== undefined && host !== ''),
    )
  const bad = subject.containers.filter((container) => hosts(container).length > 0)
  if (bad.length === 0) return undefined
  const all = sorted(bad.flatMap(hosts).map(String))
  return {
    reason: 'probe or lifecycle host',
    detail: `${named(sorted(namesOf(bad)))} ${plural('uses', 'use', bad.length)} ${plural('probe or lifecycle host', 'probe or lifecycle hosts', all.length)} ${quoted(all)}`,
  }
}

function privileged(subject: Subject): Violation | undefined {
  const bad = subject.containers.filter(({ securityContext }) => securityContext?.privileged)
  return bad.length === 0
    ? undefined
    : { reason: 'privileged', detail: `${named(namesOf(bad))} must not set securityContext.privileged=true` }
}

function procMount(subject: Subject): Violation | undefined {
  const mountOf = ({ securityContext }: Container) => securityContext?.procMount ?? 'Default'
  const bad = subject.containers.filter((container) => mountOf(container) !== 'Default')
  if (bad.length === 0 || (subject.spec.hostUsers === false && since(subject, 35))) return undefined
  return {
    reason: 'procMount',
    detail: `${named(namesOf(bad))} must not set securityContext.procMount to ${quoted(sorted(bad.map(mountOf)))}`,
  }
}

const SELINUX_TYPES = ['', 'container_t', 'container_init_t', 'container_kvm_t']

function seLinuxOptions(subject: Subject): Violation | undefined {
  const types = since(subject, 31) ? [...SELINUX_TYPES, 'container_engine_t'] : SELINUX_TYPES
  const all = [subject.spec.securityContext, ...subject.containers.map(({ securityContext }) => securityContext)].flatMap(
    (context) => context?.seLinuxOptions ?? [],
  )
  const badTypes = sorted(all.map(({ type = '' }) => type).filter((type) => !types.includes(type)))
  const who = setters(subject, (context) => {
    const options = context?.seLinuxOptions
    return options !== undefined && (!types.includes(options.type ?? '') || Boolean(options.user) || Boolean(options.role))
  })
  if (who === undefined) return undefined
  const data = [
    ...(badTypes.length > 0 ? [`${plural('type', 'types', badTypes.length)} ${quoted(badTypes)}`] : []),
    ...(all.some(({ user }) => user) ? ['user may not be set'] : []),
    ...(all.some(({ role }) => role) ? ['role may not be set'] : []),
  ]
  return { reason: 'seLinuxOptions', detail: `${who} set forbidden securityContext.seLinuxOptions: ${data.join('; ')}` }
}

const GOOD_SECCOMP = ['RuntimeDefault', 'Localhost']

function baselineSeccomp(subject: Subject): Violation | undefined {
  const badType = (context: SecurityContext | PodSpec['securityContext']) => {
    const type = context?.seccompProfile?.type
    return type !== undefined && !GOOD_SECCOMP.includes(type) ? type : undefined
  }
  const who = setters(subject, (context) => badType(context) !== undefined)
  if (who === undefined) return undefined
  const values = [subject.spec.securityContext, ...subject.containers.map(({ securityContext }) => securityContext)].flatMap(
    (context) => badType(context) ?? [],
  )
  return { reason: 'seccompProfile', detail: `${who} must not set securityContext.seccompProfile.type to ${quoted(sorted(values))}` }
}

const SAFE_SYSCTLS: readonly (readonly [name: string, since: number])[] = [
  ['kernel.shm_rmid_forced', 0],
  ['net.ipv4.ip_local_port_range', 0],
  ['net.ipv4.tcp_syncookies', 0],
  ['net.ipv4.ping_group_range', 0],
  ['net.ipv4.ip_unprivileged_port_start', 0],
  ['net.ipv4.ip_local_reserved_ports', 27],
  ['net.ipv4.tcp_keepalive_time', 29],
  ['net.ipv4.tcp_fin_timeout', 29],
  ['net.ipv4.tcp_keepalive_intvl', 29],
  ['net.ipv4.tcp_keepalive_probes', 29],
  ['net.ipv4.tcp_rmem', 32],
  ['net.ipv4.tcp_wmem', 32],
]

function sysctls(subject: Subject): Violation | undefined {
  const safe = SAFE_SYSCTLS.filter(([, minor]) => since(subject, minor)).map(([name]) => name)
  const wrong = (subject.spec.securityContext?.sysctls ?? []).map(({ name }) => name).filter((name) => !safe.includes(name))
  return wrong.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: wrong.join(', ') }
}

function windowsHostProcess(subject: Subject): Violation | undefined {
  const who = setters(subject, (context) => context?.windowsOptions?.hostProcess === true)
  return who === undefined
    ? undefined
    : { reason: 'hostProcess', detail: `${who} must not set securityContext.windowsOptions.hostProcess=true` }
}

function allowPrivilegeEscalation(subject: Subject): Violation | undefined {
  if (subject.spec.os?.name === 'windows' && since(subject, 25)) return undefined
  const bad = subject.containers.filter(({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false)
  return bad.length === 0
    ? undefined
    : {
        reason: 'allowPrivilegeEscalation != false',
        detail: `${named(namesOf(bad))} must set securityContext.allowPrivilegeEscalation=false`,
      }
}

function restrictedCapabilities(subject: Subject): Violation | undefined {
  if (!since(subject, 22)) return baselineCapabilities(subject)
  if (subject.spec.os?.name === 'windows' && since(subject, 25)) return undefined
  const keeping = subject.containers.filter(({ securityContext }) => !securityContext?.capabilities?.drop?.includes('ALL'))
  const adding = addedBeyond(subject, ['NET_BIND_SERVICE'])
  const details = [
    ...(keeping.length > 0 ? [`${named(namesOf(keeping))} must set securityContext.capabilities.drop=["ALL"]`] : []),
    ...(adding === undefined ? [] : [adding]),
  ]
  return details.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: details.join('; ') }
}

const UNRESTRICTED_VOLUMES = ['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'persistentVolumeClaim', 'projected', 'secret']
/** What else a volume can be, in the order in which the check looks. */
const RESTRICTED_VOLUMES = [
  'hostPath',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'gitRepo',
  'nfs',
  'iscsi',
  'glusterfs',
  'rbd',
  'flexVolume',
  'cinder',
  'cephfs',
  'flocker',
  'fc',
  'azureFile',
  'vsphereVolume',
  'quobyte',
  'azureDisk',
  'portworxVolume',
  'scaleIO',
  'storageos',
  'image',
]

function restrictedVolumes({ spec }: Subject): Violation | undefined {
  const bad = (spec.volumes ?? []).filter((volume) => !UNRESTRICTED_VOLUMES.some((type) => type in volume) && !('image' in volume))
  if (bad.length === 0) return undefined
  const types = sorted(bad.map((volume) => RESTRICTED_VOLUMES.find((type) => type in volume) ?? 'unknown'))
  const names = bad.map(({ name }) => name)
  return {
    reason: 'restricted volume types',
    detail: `${plural('volume', 'volumes', names.length)} ${quoted(names)} ${plural('uses', 'use', names.length)} restricted volume ${plural('type', 'types', types.length)} ${quoted(types)}`,
  }
}

function runAsNonRoot(subject: Subject): Violation | undefined {
  if (subject.spec.hostUsers === false && since(subject, 35)) return undefined
  const who = setters(subject, (context) => context?.runAsNonRoot === false)
  if (who !== undefined) return { reason: 'runAsNonRoot != true', detail: `${who} must not set securityContext.runAsNonRoot=false` }
  if (subject.spec.securityContext?.runAsNonRoot) return undefined
  const silent = subject.containers.filter(({ securityContext }) => securityContext?.runAsNonRoot === undefined)
  return silent.length === 0
    ? undefined
    : { reason: 'runAsNonRoot != true', detail: `pod or ${named(namesOf(silent))} must set securityContext.runAsNonRoot=true` }
}

function runAsUser(subject: Subject): Violation | undefined {
  if (!since(subject, 23) || (subject.spec.hostUsers === false && since(subject, 35))) return undefined
  const who = setters(subject, (context) => context?.runAsUser === 0)
  return who === undefined ? undefined : { reason: 'runAsUser=0', detail: `${who} must not set runAsUser=0` }
}

function restrictedSeccomp(subject: Subject): Violation | undefined {
  if (!since(subject, 19)) return undefined
  const explicit = baselineSeccomp(subject)
  if (explicit || subject.spec.securityContext?.seccompProfile !== undefined) return explicit
  if (subject.spec.os?.name === 'windows' && since(subject, 25)) return undefined
  const silent = subject.containers.filter(({ securityContext }) => securityContext?.seccompProfile === undefined)
  return silent.length === 0
    ? undefined
    : {
        reason: 'seccompProfile',
        detail: `pod or ${named(namesOf(silent))} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
      }
}

/** In the order of their ids, which is the order of the words. */
const BASELINE: readonly Check[] = [
  appArmorProfile,
  baselineCapabilities,
  hostNamespaces,
  hostPathVolumes,
  hostPorts,
  hostProbes,
  privileged,
  procMount,
  seLinuxOptions,
  baselineSeccomp,
  sysctls,
  windowsHostProcess,
]
/** Restricted checks that say more than these take their place. */
const OVERRIDDEN: readonly Check[] = [baselineCapabilities, hostPathVolumes, baselineSeccomp]
const RESTRICTED: readonly Check[] = [
  ...BASELINE.filter((check) => !OVERRIDDEN.includes(check)),
  allowPrivilegeEscalation,
  restrictedCapabilities,
  restrictedVolumes,
  runAsNonRoot,
  runAsUser,
  restrictedSeccomp,
]

/** What of a pod the level forbids. @param minor of the standard's version, undefined for the latest */
export function violations(
  level: Level,
  minor: number | undefined,
  spec: PodSpec,
  annotations: { readonly [name: string]: string } = {},
): readonly Violation[] {
  if (level === 'privileged') return []
  const containers = [
    ...(spec.initContainers ?? []),
    ...(spec.containers ?? []),
    ...((spec.ephemeralContainers ?? []) as readonly Container[]),
  ]
  const subject = { spec, annotations, containers, minor }
  return (level === 'baseline' ? BASELINE : RESTRICTED).flatMap((check) => check(subject) ?? [])
}
