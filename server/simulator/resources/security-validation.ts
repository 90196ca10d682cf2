import { invalid, required, unsupported } from './field-error.ts'
import type { FieldError } from './field-error.ts'
import type { PodSecurityContext, SeccompProfile, SecurityContext } from './kinds.ts'
import type { JsonObject, JsonValue } from './object.ts'

const HIGHEST_ID = 2147483647

function validateId(field: string, id: number | undefined): FieldError[] {
  return id !== undefined && (id < 0 || id > HIGHEST_ID) ? [invalid(field, id, `must be between 0 and ${HIGHEST_ID}, inclusive`)] : []
}

/** @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go ValidateSecurityContext */
export function validateSecurityContext(context: SecurityContext | undefined, field: string): FieldError[] {
  if (!context) return []
  const errors = [...validateId(`${field}.runAsUser`, context.runAsUser), ...validateId(`${field}.runAsGroup`, context.runAsGroup)]
  const mounts = ['Default', 'Unmasked']
  if (context.procMount !== undefined && !mounts.includes(context.procMount))
    errors.push(unsupported(`${field}.procMount`, context.procMount, mounts))
  errors.push(...validateSeccomp(context.seccompProfile, `${field}.seccompProfile`))
  if (context.allowPrivilegeEscalation !== false) return errors
  const shown = goSecurityContext(context)
  if (context.privileged) errors.push(invalid(field, shown, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true'))
  for (const capability of context.capabilities?.add ?? []) {
    if (capability === 'CAP_SYS_ADMIN')
      errors.push(invalid(field, shown, 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN'))
  }
  return errors
}

export function validatePodSecurityContext(context: PodSecurityContext | undefined, field: string): FieldError[] {
  if (!context) return []
  const errors = [
    ...validateId(`${field}.fsGroup`, context.fsGroup),
    ...validateId(`${field}.runAsUser`, context.runAsUser),
    ...validateId(`${field}.runAsGroup`, context.runAsGroup),
    ...(context.supplementalGroups ?? []).flatMap((group, index) => validateId(`${field}.supplementalGroups[${index}]`, group)),
  ]
  context.sysctls?.forEach(({ name }, index) => {
    if (!name) errors.push(required(`${field}.sysctls[${index}].name`))
  })
  const policies = ['Always', 'OnRootMismatch']
  const policy = context.fsGroupChangePolicy
  if (policy !== undefined && !policies.includes(policy)) errors.push(unsupported(`${field}.fsGroupChangePolicy`, policy, policies))
  return [...errors, ...validateSeccomp(context.seccompProfile, `${field}.seccompProfile`)]
}

function validateSeccomp(profile: SeccompProfile | undefined, field: string): FieldError[] {
  if (!profile) return []
  const types = ['Localhost', 'RuntimeDefault', 'Unconfined']
  const errors: FieldError[] = []
  if (!types.includes(profile.type)) errors.push(unsupported(`${field}.type`, profile.type, types))
  if (profile.type === 'Localhost' && !profile.localhostProfile)
    errors.push(required(`${field}.localhostProfile`, 'must be set when seccomp type is Localhost'))
  else if (profile.type !== 'Localhost' && profile.localhostProfile !== undefined) {
    errors.push(invalid(`${field}.localhostProfile`, profile.localhostProfile, 'can only be set when seccomp type is Localhost'))
  }
  return errors
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
    WindowsOptions: null,
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
