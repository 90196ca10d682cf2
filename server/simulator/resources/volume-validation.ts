import { duplicate, forbidden, invalid, required, unsupported } from './field-error.ts'
import { label, subdomain } from './names.ts'
import { descendingPath } from './paths.ts'
import type { FieldError } from './field-error.ts'
import type { Volume } from './kinds.ts'

export function validateVolumes(volumes: readonly Volume[], field: string): FieldError[] {
  const names = new Set<string>()
  return volumes.flatMap((volume, index) => {
    const path = `${field}[${index}]`
    const errors = validateSource(volume, path)
    if (!volume.name) errors.push(required(`${path}.name`))
    else errors.push(...label(volume.name).map((words) => invalid(`${path}.name`, volume.name, words)))
    if (names.has(volume.name)) errors.push(duplicate(`${path}.name`, volume.name))
    names.add(volume.name)
    return errors
  })
}

const HOST_PATHS = ['', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket']

function validateSource(volume: Volume, field: string): FieldError[] {
  const errors: FieldError[] = []
  const sources = Object.keys(volume).filter((key) => key !== 'name')
  for (const extra of sources.slice(1)) errors.push(forbidden(`${field}.${extra}`, 'may not specify more than 1 volume type'))
  if (volume.configMap && !volume.configMap.name) errors.push(required(`${field}.configMap.name`))
  if (volume.secret && !volume.secret.secretName) errors.push(required(`${field}.secret.secretName`))
  if (volume.hostPath && !volume.hostPath.path) errors.push(required(`${field}.hostPath.path`))
  else if (volume.hostPath?.path.split('/').includes('..'))
    errors.push(invalid(`${field}.hostPath.path`, volume.hostPath.path, "must not contain '..'"))
  if (volume.hostPath?.type !== undefined && !HOST_PATHS.includes(volume.hostPath.type))
    errors.push(unsupported(`${field}.hostPath.type`, volume.hostPath.type, HOST_PATHS))
  for (const key of ['configMap', 'secret', 'downwardAPI', 'projected'] as const) {
    const mode = volume[key]?.defaultMode
    if (mode !== undefined && (mode < 0 || mode > 0o777))
      errors.push(invalid(`${field}.${key}.defaultMode`, mode, 'must be a number between 0 and 0777 (octal), both inclusive'))
  }
  for (const key of ['configMap', 'secret'] as const) {
    volume[key]?.items?.forEach((item, index) => {
      const path = `${field}.${key}.items[${index}]`
      if (!item.key) errors.push(required(`${path}.key`))
      if (!item.path) errors.push(required(`${path}.path`))
      else errors.push(...descendingPath(item.path, `${path}.path`))
    })
  }
  if (volume.persistentVolumeClaim) {
    const { claimName } = volume.persistentVolumeClaim
    if (!claimName) errors.push(required(`${field}.persistentVolumeClaim.claimName`))
    else errors.push(...subdomain(claimName).map((words) => invalid(`${field}.persistentVolumeClaim.claimName`, claimName, words)))
  }
  if (volume.nfs) {
    if (!volume.nfs.server) errors.push(required(`${field}.nfs.server`))
    if (!volume.nfs.path) errors.push(required(`${field}.nfs.path`))
    if (!volume.nfs.path?.startsWith('/')) errors.push(invalid(`${field}.nfs.path`, volume.nfs.path ?? '', 'must be an absolute path'))
  }
  return errors
}
