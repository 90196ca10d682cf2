import { duplicate, invalid, required, tooLong, unsupported } from './field-error.ts'
import { descendingPath } from './paths.ts'
import { validateWindowsOptions } from './pod-os-validation.ts'
import type { FieldError } from './field-error.ts'
import type { AppArmorProfile, PodSpec, SeccompProfile, SecurityContext } from './kinds.ts'
import type { JsonObject, JsonValue } from './object.ts'

const HIGHEST_ID = 2147483647

function validateId(field: string, id: number | undefined): FieldError[] {
  return id !== undefined && (id < 0 || id > HIGHEST_ID) ? [invalid(field, id, `must be between 0 and ${HIGHEST_ID}, inclusive`)] : []
}

/** @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go ValidateSecurityContext */
export function validateSecurityContext(context: SecurityContext | undefined, field: string, hostUsers: boolean): FieldError[] {
  if (!context) return []
  const errors = [...validateId(`${field}.runAsUser`, context.runAsUser), ...validateId(`${field}.runAsGroup`, context.runAsGroup)]
  const mounts = ['Default', 'Unmasked']
  if (context.procMount !== undefined && !mounts.includes(context.procMount))
    errors.push(unsupported(`${field}.procMount`, context.procMount, mounts))
  if (hostUsers && context.procMount === 'Unmasked')
    errors.push(invalid(`${field}.procMount`, context.procMount, '`hostUsers` must be false to use `Unmasked`'))
  errors.push(...validateSeccomp(context.seccompProfile, `${field}.seccompProfile`))
  if (context.allowPrivilegeEscalation === false) {
    const shown = goSecurityContext(context)
    if (context.privileged) errors.push(invalid(field, shown, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true'))
    for (const capability of context.capabilities?.add ?? []) {
      if (capability === 'CAP_SYS_ADMIN')
        errors.push(invalid(field, shown, 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN'))
    }
  }
  return [
    ...errors,
    ...validateWindowsOptions(context.windowsOptions, `${field}.windowsOptions`),
    ...validateAppArmor(context.appArmorProfile, `${field}.appArmorProfile`),
  ]
}

/** What the API has beside the context, Go has in it: hence the paths. */
export function validatePodSecurityContext(spec: PodSpec, field: string): FieldError[] {
  const context = spec.securityContext
  if (!context) return []
  const errors = [
    ...validateId(`${field}.fsGroup`, context.fsGroup),
    ...validateId(`${field}.runAsUser`, context.runAsUser),
    ...validateId(`${field}.runAsGroup`, context.runAsGroup),
    ...(context.supplementalGroups ?? []).flatMap((group, index) => validateId(`${field}.supplementalGroups[${index}]`, group)),
  ]
  if (spec.shareProcessNamespace && spec.hostPID)
    errors.push(invalid(`${field}.shareProcessNamespace`, true, 'ShareProcessNamespace and HostPID cannot both be enabled'))
  errors.push(...validateSysctls(spec, `${field}.sysctls`))
  const oneOf = (key: 'fsGroupChangePolicy' | 'supplementalGroupsPolicy' | 'seLinuxChangePolicy', values: readonly string[]) => {
    const value = context[key]
    return value === undefined || values.includes(value) ? [] : [unsupported(`${field}.${key}`, value, values)]
  }
  return [
    ...errors,
    ...oneOf('fsGroupChangePolicy', ['Always', 'OnRootMismatch']),
    ...validateSeccomp(context.seccompProfile, `${field}.seccompProfile`),
    ...validateWindowsOptions(context.windowsOptions, `${field}.windowsOptions`),
    ...validateAppArmor(context.appArmorProfile, `${field}.appArmorProfile`),
    ...oneOf('supplementalGroupsPolicy', ['Merge', 'Strict']),
    ...oneOf('seLinuxChangePolicy', ['MountOption', 'Recursive']),
  ]
}

const SYSCTL = /^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/
const SYSCTL_WORDS =
  'must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$'
/** Kernel settings of the network and of shared memory, which a pod may not turn on its node. */
const OF_NETWORK = /^net[./]/
const OF_IPC = /^(kernel[./](sem|shm|msg)|fs[./]mqueue[./])/

function validateSysctls(spec: PodSpec, field: string): FieldError[] {
  const names = new Set<string>()
  return (spec.securityContext?.sysctls ?? []).flatMap(({ name }, index) => {
    const path = `${field}[${index}].name`
    const errors: FieldError[] = []
    if (!name) errors.push(required(path))
    else if (name.length > 253 || !SYSCTL.test(name)) errors.push(invalid(path, name, SYSCTL_WORDS))
    else if (names.has(name)) errors.push(duplicate(path, name))
    names.add(name)
    if (spec.hostNetwork && OF_NETWORK.test(name)) errors.push(invalid(path, name, "may not be specified when 'hostNetwork' is true"))
    else if (spec.hostIPC && OF_IPC.test(name)) errors.push(invalid(path, name, "may not be specified when 'hostIPC' is true"))
    return errors
  })
}

const PROFILES = ['Localhost', 'RuntimeDefault', 'Unconfined']

function validateSeccomp(profile: SeccompProfile | undefined, field: string): FieldError[] {
  if (!profile) return []
  const { type, localhostProfile: file } = profile
  const path = `${field}.localhostProfile`
  const errors: FieldError[] = []
  if (!type) errors.push(required(`${field}.type`, 'type is required when seccompProfile is set'))
  else if (!PROFILES.includes(type)) errors.push(unsupported(`${field}.type`, type, PROFILES))
  if (type !== 'Localhost')
    return file === undefined
      ? errors
      : [...errors, invalid(path, { Type: type ?? '', LocalhostProfile: file }, 'can only be set when seccomp type is Localhost')]
  if (file === undefined) return [...errors, required(path, 'must be set when seccomp type is Localhost')]
  return [...errors, ...descendingPath(file, path)]
}

function validateAppArmor(profile: AppArmorProfile | undefined, field: string): FieldError[] {
  if (!profile) return []
  const { type, localhostProfile: file } = profile
  const path = `${field}.localhostProfile`
  const missing = required(path, 'must be set when AppArmor type is Localhost')
  if (!type) return [required(`${field}.type`, 'type is required when appArmorProfile is set')]
  if (!PROFILES.includes(type)) return [unsupported(`${field}.type`, type, PROFILES)]
  if (type !== 'Localhost') return file === undefined ? [] : [invalid(path, file, 'can only be set when AppArmor type is Localhost')]
  if (file === undefined) return [missing]
  const errors: FieldError[] = []
  if (file.trim() !== file) errors.push(invalid(path, file, 'must not be padded with whitespace'))
  else if (file === '') errors.push(missing)
  return file.length > 4095 ? [...errors, tooLong(path, 4095)] : errors
}

/** The internal type's fields in their order, all of them written, as Go shows the value in the message. */
function goSecurityContext(context: SecurityContext): JsonObject {
  const { capabilities, seLinuxOptions, seccompProfile } = context
  const or = (value: JsonValue | undefined): JsonValue => value ?? null
  return {
    Capabilities: capabilities ? { Add: or(capabilities.add), Drop: or(capabilities.drop) } : null,
    Privileged: or(context.privileged),
    SELinuxOptions: seLinuxOptions
      ? {
          User: seLinuxOptions.user ?? '',
          Role: seLinuxOptions.role ?? '',
          Type: seLinuxOptions.type ?? '',
          Level: seLinuxOptions.level ?? '',
        }
      : null,
    WindowsOptions: context.windowsOptions
      ? {
          GMSACredentialSpecName: or(context.windowsOptions.gmsaCredentialSpecName),
          GMSACredentialSpec: or(context.windowsOptions.gmsaCredentialSpec),
          RunAsUserName: or(context.windowsOptions.runAsUserName),
          HostProcess: or(context.windowsOptions.hostProcess),
        }
      : null,
    RunAsUser: or(context.runAsUser),
    RunAsGroup: or(context.runAsGroup),
    RunAsNonRoot: or(context.runAsNonRoot),
    ReadOnlyRootFilesystem: or(context.readOnlyRootFilesystem),
    AllowPrivilegeEscalation: or(context.allowPrivilegeEscalation),
    ProcMount: or(context.procMount),
    SeccompProfile: seccompProfile ? { Type: seccompProfile.type, LocalhostProfile: or(seccompProfile.localhostProfile) } : null,
    AppArmorProfile: context.appArmorProfile
      ? { Type: context.appArmorProfile.type, LocalhostProfile: or(context.appArmorProfile.localhostProfile) }
      : null,
  }
}
