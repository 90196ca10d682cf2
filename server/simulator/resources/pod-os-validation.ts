import { forbidden, invalid, required, unsupported } from './field-error.ts'
import { subdomain } from './names.ts'
import type { FieldError } from './field-error.ts'
import type { Container, PodSpec, WindowsSecurityContextOptions } from './kinds.ts'

/** What a pod of one operating system may not ask of the other. @see …/validation.go validateOS, validateWindows */

type Placed = readonly [container: Container, field: string]

function containersOf(spec: PodSpec, field: string): readonly Placed[] {
  return (['initContainers', 'containers', 'ephemeralContainers'] as const).flatMap((list) =>
    (spec[list] ?? []).map((container: Container, index): Placed => [container, `${field}.${list}[${index}]`]),
  )
}

export function validateOperatingSystem(spec: PodSpec, field: string): FieldError[] {
  if (!spec.os) return []
  const { name } = spec.os
  if (!name) return [required(`${field}.os.name`, 'cannot be empty')]
  if (name === 'linux') return validateLinux(spec, field)
  return name === 'windows' ? validateWindows(spec, field) : [unsupported(`${field}.os`, name, ['linux', 'windows'])]
}

function validateLinux(spec: PodSpec, field: string): FieldError[] {
  const contexts = [[spec, field] as const, ...containersOf(spec, field)]
  return contexts
    .filter(([{ securityContext }]) => securityContext?.windowsOptions)
    .map(([, path]) => forbidden(`${path}.securityContext.windowsOptions`, 'windows options cannot be set for a linux pod'))
}

const OF_POD = [
  'securityContext.appArmorProfile',
  'securityContext.seLinuxOptions',
  'hostUsers',
  'hostPID',
  'hostIPC',
  'securityContext.seccompProfile',
  'securityContext.fsGroup',
  'securityContext.fsGroupChangePolicy',
  'securityContext.sysctls',
  'shareProcessNamespace',
  'securityContext.runAsUser',
  'securityContext.runAsGroup',
  'securityContext.supplementalGroups',
  'securityContext.supplementalGroupsPolicy',
  'securityContext.seLinuxChangePolicy',
]
const OF_CONTAINER = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
  'runAsUser',
  'runAsGroup',
] as const

function validateWindows(spec: PodSpec, field: string): FieldError[] {
  const words = 'cannot be set for a windows pod'
  const outer: Readonly<Record<string, unknown>> = { ...spec }
  const inner: Readonly<Record<string, unknown>> = { ...spec.securityContext }
  const errors = OF_POD.filter((path) => {
    const value = path.startsWith('securityContext.') ? inner[path.slice('securityContext.'.length)] : outer[path]
    return path === 'hostPID' || path === 'hostIPC' ? value === true : value !== undefined
  }).map((path) => forbidden(`${field}.${path}`, words))
  for (const [{ securityContext }, path] of containersOf(spec, field)) {
    for (const key of OF_CONTAINER)
      if (securityContext?.[key] !== undefined) errors.push(forbidden(`${path}.securityContext.${key}`, words))
  }
  return errors
}

/** Containers that are processes of the node: all or none, and on its network. */
export function validateHostProcess(spec: PodSpec, field: string): FieldError[] {
  const errors: FieldError[] = []
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess
  const containers = containersOf(spec, field)
  let processes = 0
  for (const [{ securityContext }, path] of containers) {
    const own = securityContext?.windowsOptions?.hostProcess
    if (ofPod !== undefined && own !== undefined && ofPod !== own)
      errors.push(
        invalid(
          `${path}.securityContext.windowsOptions.hostProcess`,
          own,
          `pod hostProcess value must be identical if both are specified, was ${ofPod}`,
        ),
      )
    if (own ?? ofPod) processes += 1
  }
  if (processes === 0) return errors
  if (processes !== containers.length)
    errors.push(invalid(field, '', 'If pod contains any hostProcess containers then all containers must be HostProcess containers'))
  if (!spec.hostNetwork)
    errors.push(invalid(`${field}.hostNetwork`, false, 'hostNetwork must be true if pod contains any hostProcess containers'))
  return errors
}

const MOST_CREDENTIALS = 64 * 1024
const NETBIOS = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/
const DOMAIN = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/

export function validateWindowsOptions(options: WindowsSecurityContextOptions | undefined, field: string): FieldError[] {
  const errors: FieldError[] = []
  const { gmsaCredentialSpecName: name, gmsaCredentialSpec: credentials, runAsUserName: user } = options ?? {}
  if (name !== undefined) errors.push(...subdomain(name).map((words) => invalid(`${field}.gmsaCredentialSpecName`, name, words)))
  if (credentials === '') errors.push(invalid(`${field}.gmsaCredentialSpec`, '', 'gmsaCredentialSpec cannot be an empty string'))
  else if (credentials !== undefined && credentials.length > MOST_CREDENTIALS)
    errors.push(invalid(`${field}.gmsaCredentialSpec`, credentials, 'gmsaCredentialSpec size must be under 64 KiB'))
  if (user !== undefined) errors.push(...wrongUser(user).map((words) => invalid(`${field}.runAsUserName`, user, words)))
  return errors
}

function wrongUser(name: string): string[] {
  if (name === '') return ['runAsUserName cannot be an empty string']
  if (/\p{Cc}/u.test(name)) return ['runAsUserName cannot contain control characters']
  const parts = name.split('\\')
  if (parts.length > 2) return ['runAsUserName cannot contain more than one backslash']
  const [user = '', domain] = parts.toReversed()
  const errors: string[] = []
  if (domain !== undefined && domain.length >= 256) errors.push("runAsUserName's Domain length must be under 256 characters")
  if (domain !== undefined && !NETBIOS.test(domain) && !DOMAIN.test(domain))
    errors.push("runAsUserName's Domain doesn't match the NetBios nor the DNS format")
  if (user === '') errors.push("runAsUserName's User cannot be empty")
  else if (user.length > 104) errors.push("runAsUserName's User length must not be longer than 104 characters")
  if (/^[. ]+$/.test(user)) errors.push("runAsUserName's User cannot contain only periods or spaces")
  if (/["/\\:;|=,+*?<>@[\]]/.test(user)) errors.push('runAsUserName\'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]')
  return errors
}
