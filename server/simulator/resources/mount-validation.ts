import { forbidden, invalid, notFoundField, required, unsupported } from './field-error.ts'
import { descendingPath, withoutBacksteps } from './paths.ts'
import type { FieldError } from './field-error.ts'
import type { Container, Volume, VolumeMount } from './kinds.ts'

/** Volumes that may be mounted: those in which nothing is wrong, by name. */
export type Volumes = ReadonlyMap<string, Volume>

/** @see …/validation.go ValidateVolumeMounts. Several of its paths leave the mount's index out, and so do these. */
export function validateMounts(container: Container, volumes: Volumes, field: string): FieldError[] {
  const points = new Set<string>()
  const devices = new Map((container.volumeDevices ?? []).map(({ name, devicePath }) => [name, devicePath]))
  return (container.volumeMounts ?? []).flatMap((mount, index) => {
    const path = `${field}[${index}]`
    const errors: FieldError[] = []
    if (!mount.name) errors.push(required(`${path}.name`))
    if (!volumes.has(mount.name ?? '')) errors.push(notFoundField(`${path}.name`, mount.name ?? ''))
    if (!mount.mountPath) errors.push(required(`${path}.mountPath`))
    if (points.has(mount.mountPath)) errors.push(invalid(`${path}.mountPath`, mount.mountPath, 'must be unique'))
    points.add(mount.mountPath)
    if (devices.has(mount.name)) errors.push(invalid(`${path}.name`, mount.name, 'must not already exist in volumeDevices'))
    if ([...devices.values()].includes(mount.mountPath))
      errors.push(invalid(`${path}.mountPath`, mount.mountPath, 'must not already exist as a path in volumeDevices'))
    if (mount.subPath) errors.push(...descendingPath(mount.subPath, `${field}.subPath`))
    if (mount.subPathExpr) {
      if (mount.subPath) errors.push(invalid(`${path}.subPathExpr`, mount.subPathExpr, 'subPathExpr and subPath are mutually exclusive'))
      errors.push(...descendingPath(mount.subPathExpr, `${field}.subPathExpr`))
    }
    return [...errors, ...validatePropagation(mount, container, field), ...validateRecursive(mount, `${field}.recursiveReadOnly`)]
  })
}

function validatePropagation({ mountPropagation: mode }: VolumeMount, container: Container, field: string): FieldError[] {
  const path = `${field}.mountPropagation`
  const modes = ['Bidirectional', 'HostToContainer', 'None']
  if (mode === undefined) return []
  if (!modes.includes(mode)) return [unsupported(path, mode, modes)]
  return mode === 'Bidirectional' && container.securityContext?.privileged !== true
    ? [forbidden(path, 'Bidirectional mount propagation is available only to privileged containers')]
    : []
}

function validateRecursive({ recursiveReadOnly: mode, readOnly, mountPropagation }: VolumeMount, field: string): FieldError[] {
  if (mode === undefined || mode === 'Disabled') return []
  if (mode !== 'Enabled' && mode !== 'IfPossible') return [unsupported(field, mode, ['Disabled', 'Enabled', 'IfPossible'])]
  const errors = readOnly ? [] : [forbidden(field, 'may only be specified when readOnly is true')]
  if (mountPropagation !== undefined && mountPropagation !== 'None')
    errors.push(forbidden(field, 'may only be specified when mountPropagation is None or not specified'))
  return errors
}

/** @see …/validation.go ValidateVolumeDevices */
export function validateDevices(container: Container, volumes: Volumes, field: string): FieldError[] {
  const [names, paths] = [new Set<string>(), new Set<string>()]
  const mounts = new Map((container.volumeMounts ?? []).map(({ name, mountPath }) => [name, mountPath]))
  return (container.volumeDevices ?? []).flatMap(({ name, devicePath }, index) => {
    const path = `${field}[${index}]`
    const errors: FieldError[] = []
    const volume = volumes.get(name)
    const say = (key: 'name' | 'devicePath', words: string) =>
      errors.push(invalid(`${path}.${key}`, key === 'name' ? name : devicePath, words))
    if (!name) errors.push(required(`${path}.name`))
    if (names.has(name)) say('name', 'must be unique')
    if (volume && !volume.persistentVolumeClaim && !volume.ephemeral)
      say('name', 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode')
    if (!volume) errors.push(notFoundField(`${path}.name`, name))
    if (!devicePath) errors.push(required(`${path}.devicePath`))
    if (paths.has(devicePath)) say('devicePath', 'must be unique')
    if (devicePath && withoutBacksteps(devicePath, '').length > 0) say('devicePath', "can not contain backsteps ('..')")
    else paths.add(devicePath)
    if (mounts.has(name)) say('name', 'must not already exist in volumeMounts')
    if ([...mounts.values()].includes(devicePath)) say('devicePath', 'must not already exist as a path in volumeMounts')
    if (name) names.add(name)
    return errors
  })
}
