import { forbidden, invalid, required, tooLong, unsupported } from './field-error.ts'
import { label, subdomain } from './names.ts'
import { descendingPath, withoutBacksteps } from './paths.ts'
import { nanoOf } from './quantity.ts'
import type { FieldError } from './field-error.ts'
import type { PersistentVolumeSpec, Volume } from './kinds.ts'
import type { JsonValue } from './object.ts'

/**
 * Where volumes' bytes are: the sources that pods' volumes and persistent volumes share, each with its rules.
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/core/validation/validation.go validateVolumeSource
 */

/** A source read loosely: which fields it has depends on its kind. */
interface Source {
  readonly [field: string]: JsonValue | undefined
}
type Rule = (source: Source, field: string, place: SourcePlace) => FieldError[]

export interface SourcePlace {
  /** Of the volume within its pod, or of the persistent volume. */
  readonly name: string
  /** Secrets of persistent volumes are of a namespace. */
  readonly persistent: boolean
}

const text = (source: Source | undefined, key: string) => (typeof source?.[key] === 'string' ? source[key] : '')
const number = (source: Source, key: string) => (typeof source[key] === 'number' ? source[key] : 0)
const part = (source: Source, key: string): Source | undefined => {
  const value = source[key]
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Source) : undefined
}
const list = (source: Source, key: string): readonly JsonValue[] => {
  const value = source[key]
  return Array.isArray(value) ? (value as readonly JsonValue[]) : []
}
const words = (field: string, value: string, said: readonly string[]) => said.map((why) => invalid(field, value, why))
const needs = (source: Source, field: string, ...keys: readonly string[]) =>
  keys.filter((key) => text(source, key) === '').map((key) => required(`${field}.${key}`))
const partition = (source: Source, field: string) => {
  const value = number(source, 'partition')
  return value < 0 || value > 255 ? [invalid(`${field}.partition`, value, 'must be between 1 and 255, inclusive')] : []
}

const HOST_PATHS = ['', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket']

const hostPath: Rule = (source, field) => {
  const [path, type] = [text(source, 'path'), text(source, 'type')]
  if (path === '') return [required(`${field}.path`)]
  const errors = withoutBacksteps(path, `${field}.path`)
  return HOST_PATHS.includes(type) ? errors : [...errors, unsupported(`${field}.type`, type, HOST_PATHS)]
}

const IQN = /iqn\.\d{4}-\d{2}\.([A-Za-z0-9-.]+)(:[^,;*&$|\s]+)$/
const EUI = /^eui.[A-Za-z0-9]{16}$/
const NAA = /^naa.[A-Za-z0-9]{32}$/
const wrongInitiator = (name: string) =>
  (name.startsWith('iqn') && !IQN.test(name)) || (name.startsWith('eui') && !EUI.test(name)) || (name.startsWith('naa') && !NAA.test(name))

const iscsi: Rule = (source, field, place) => {
  const errors = needs(source, field, 'targetPortal')
  const iqn = text(source, 'iqn')
  if (iqn === '') errors.push(required(`${field}.iqn`))
  else if (!/^(iqn|eui|naa)/.test(iqn)) errors.push(invalid(`${field}.iqn`, iqn, 'must be valid format starting with iqn, eui, or naa'))
  else if (wrongInitiator(iqn)) errors.push(invalid(`${field}.iqn`, iqn, 'must be valid format'))
  const lun = number(source, 'lun')
  if (lun < 0 || lun > 255) errors.push(invalid(`${field}.lun`, lun, 'must be between 0 and 255, inclusive'))
  const secret = part(source, 'secretRef')
  if ((source['chapAuthDiscovery'] || source['chapAuthSession']) && !secret) errors.push(required(`${field}.secretRef`))
  if (secret && place.persistent && text(secret, 'name') === '') errors.push(required(`${field}.secretRef.name`))
  const initiator = source['initiatorName']
  if (typeof initiator !== 'string') return errors
  if (!/^(iqn|eui|naa)/.test(initiator) || wrongInitiator(initiator))
    errors.push(invalid(`${field}.initiatorname`, initiator, 'must be valid format'))
  if (`${place.name}:${text(source, 'targetPortal')}`.length > 64) {
    const long = 'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.'
    errors.push(invalid(`${field.replace(/\.iscsi$/, '')}.name`, place.name, long))
  }
  return errors
}

const fc: Rule = (source, field) => {
  const [targets, wwids] = [list(source, 'targetWWNs'), list(source, 'wwids')]
  const errors: FieldError[] = []
  if (targets.length + wwids.length === 0)
    errors.push(required(`${field}.targetWWNs`, 'must specify either targetWWNs or wwids, but not both'))
  if (targets.length > 0 && wwids.length > 0)
    errors.push(invalid(`${field}.targetWWNs`, targets, 'targetWWNs and wwids can not be specified simultaneously'))
  if (targets.length === 0) return errors
  const lun = source['lun']
  if (typeof lun !== 'number') errors.push(required(`${field}.lun`, 'lun is required if targetWWNs is specified'))
  else if (lun < 0 || lun > 255) errors.push(invalid(`${field}.lun`, lun, 'must be between 0 and 255, inclusive'))
  return errors
}

const nfs: Rule = (source, field) => [
  ...needs(source, field, 'server', 'path'),
  ...(text(source, 'path').startsWith('/') ? [] : [invalid(`${field}.path`, text(source, 'path'), 'must be an absolute path')]),
]

const quobyte: Rule = (source, field) => {
  const registry = text(source, 'registry')
  const pairs = 'must be a host:port pair or multiple pairs separated by commas'
  const errors: FieldError[] = []
  if (registry === '') errors.push(required(`${field}.registry`, pairs))
  else if (text(source, 'tenant').length >= 65)
    errors.push(required(`${field}.tenant`, 'must be a UUID and may not exceed a length of 64 characters'))
  else
    for (const pair of registry.split(','))
      if (!/^(\[.*\]|[^:]*):[^:]*$/.test(pair)) errors.push(invalid(`${field}.registry`, registry, pairs))
  return [...errors, ...needs(source, field, 'volume')]
}

const flocker: Rule = (source, field) => {
  const [name, id] = [text(source, 'datasetName'), text(source, 'datasetUUID')]
  const errors: FieldError[] = []
  if (!name && !id) errors.push(required(field, 'one of datasetName and datasetUUID is required'))
  if (name && id) errors.push(invalid(field, 'resource', 'datasetName and datasetUUID can not be specified simultaneously'))
  return name.includes('/') ? [...errors, invalid(`${field}.datasetName`, name, "must not contain '/'")] : errors
}

/** A secret by name, and where volumes belong to no namespace, by namespace. */
const secretRef = (source: Source, field: string, { persistent }: SourcePlace): FieldError[] => {
  const secret = part(source, 'secretRef')
  return secret ? needs(secret, `${field}.secretRef`, 'name', ...(persistent ? ['namespace'] : [])) : []
}

const cinder: Rule = (source, field, place) => [...needs(source, field, 'volumeID'), ...secretRef(source, field, place)]

const storageos: Rule = (source, field, place) => {
  const [name, namespace] = [text(source, 'volumeName'), text(source, 'volumeNamespace')]
  const errors = name ? words(`${field}.volumeName`, name, label(name)) : [required(`${field}.volumeName`)]
  if (namespace) errors.push(...words(`${field}.volumeNamespace`, namespace, label(namespace)))
  return [...errors, ...secretRef(source, field, place)]
}

const flexVolume: Rule = (source, field) => {
  const reserved = Object.keys(part(source, 'options') ?? {}).filter((key) =>
    /\.(kubernetes|k8s)\.io$/.test(`.${(key.includes('/') ? (key.split('/')[0] ?? '') : key).toLowerCase()}`),
  )
  return [
    ...needs(source, field, 'driver'),
    ...reserved.map((key) => invalid(`${field}.options[${key}]`, key, 'kubernetes.io and k8s.io namespaces are reserved')),
  ]
}

const azureFile: Rule = (source, field, { persistent }) => [
  ...needs(source, field, 'secretName', 'shareName'),
  ...(persistent && source['secretNamespace'] === '' ? [required(`${field}.secretNamespace`)] : []),
]

const MANAGED_URI = '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}'
const BLOB_URI = 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd'

const azureDisk: Rule = (source, field) => {
  const errors = needs(source, field, 'diskName', 'diskURI')
  const { cachingMode, kind } = source
  const uri = text(source, 'diskURI')
  const [modes, kinds] = [
    ['None', 'ReadOnly', 'ReadWrite'],
    ['Dedicated', 'Managed', 'Shared'],
  ]
  if (typeof cachingMode === 'string' && !modes?.includes(cachingMode))
    errors.push(unsupported(`${field}.cachingMode`, cachingMode, modes ?? []))
  if (typeof kind === 'string' && !kinds?.includes(kind)) errors.push(unsupported(`${field}.kind`, kind, kinds ?? []))
  if (kind === 'Managed' && !uri.startsWith('/subscriptions/')) errors.push(unsupported(`${field}.diskURI`, uri, [MANAGED_URI]))
  if (typeof kind === 'string' && kind !== 'Managed' && !uri.startsWith('https://'))
    errors.push(unsupported(`${field}.diskURI`, uri, [BLOB_URI]))
  return errors
}

/** Names of drivers: subdomains, in any case. */
export function validateDriverName(name: string, field: string): FieldError[] {
  return [
    ...(name === '' ? [required(field)] : []),
    ...(name.length > 63 ? [tooLong(field, 63)] : []),
    ...words(field, name, subdomain(name.toLowerCase())),
  ]
}

const csi: Rule = (source, field, { persistent }) => {
  const errors = validateDriverName(text(source, 'driver'), `${field}.driver`)
  if (!persistent) {
    const secret = part(source, 'nodePublishSecretRef')
    const name = text(secret, 'name')
    if (secret && name === '') errors.push(required(`${field}.nodePublishSecretRef.name`))
    else if (secret) errors.push(...words(`${field}.name`, name, subdomain(name)))
    return errors
  }
  errors.push(...needs(source, field, 'volumeHandle'))
  for (const key of ['controllerPublishSecretRef', 'controllerExpandSecretRef', 'nodePublishSecretRef', 'nodeExpandSecretRef']) {
    const secret = part(source, key)
    if (!secret) continue
    const [name, namespace] = [text(secret, 'name'), text(secret, 'namespace')]
    errors.push(...(name ? words(`${field}.${key}.name`, name, subdomain(name)) : [required(`${field}.${key}.name`)]))
    errors.push(...(namespace ? words(`${field}.${key}.namespace`, namespace, label(namespace)) : [required(`${field}.${key}.namespace`)]))
  }
  return errors
}

const local: Rule = (source, field) =>
  text(source, 'path') ? withoutBacksteps(text(source, 'path'), `${field}.path`) : [required(`${field}.path`)]

const glusterfs: Rule = (source, field, { persistent }) => {
  const errors = needs(source, field, 'endpoints', 'path')
  const namespace = source['endpointsNamespace']
  if (!persistent || typeof namespace !== 'string') return errors
  return namespace === ''
    ? [...errors, invalid(`${field}.endpointsNamespace`, '', 'if the endpointnamespace is set, it must be a valid namespace name')]
    : [...errors, ...words(`${field}.endpointsNamespace`, namespace, label(namespace))]
}

const gitRepo: Rule = (source, field) => [
  ...needs(source, field, 'repository'),
  ...descendingPath(text(source, 'directory'), `${field}.directory`),
]

const emptyDir: Rule = (source, field) =>
  nanoOf(source['sizeLimit'] === undefined ? undefined : String(source['sizeLimit'])) < 0n
    ? [forbidden(`${field}.sizeLimit`, 'SizeLimit field must be a valid resource quantity')]
    : []

const monitors = (source: Source, field: string) => (list(source, 'monitors').length > 0 ? [] : [required(`${field}.monitors`)])

/** By the field that holds it. What pods alone may have is checked where they are. */
const RULES: { readonly [kind: string]: Rule } = {
  awsElasticBlockStore: (source, field) => [...needs(source, field, 'volumeID'), ...partition(source, field)],
  azureDisk,
  azureFile,
  cephfs: (source, field) => monitors(source, field),
  cinder,
  csi,
  emptyDir,
  fc,
  flexVolume,
  flocker,
  gcePersistentDisk: (source, field) => [...needs(source, field, 'pdName'), ...partition(source, field)],
  gitRepo,
  glusterfs,
  hostPath,
  iscsi,
  local,
  nfs,
  persistentVolumeClaim: (source, field) => needs(source, field, 'claimName'),
  photonPersistentDisk: (source, field) => needs(source, field, 'pdID'),
  portworxVolume: (source, field) => needs(source, field, 'volumeID'),
  quobyte,
  rbd: (source, field) => [...monitors(source, field), ...needs(source, field, 'image')],
  scaleIO: (source, field) => needs(source, field, 'gateway', 'system', 'volumeName'),
  storageos,
  vsphereVolume: (source, field) => needs(source, field, 'volumePath'),
}

/** Two sources are spoken of in other words than they are written. */
const SAID_AS: { readonly [kind: string]: string } = { gcePersistentDisk: 'persistentDisk' }
const FORBIDDEN_AS: { readonly [kind: string]: string } = { cephfs: 'cephFS', downwardAPI: 'downwarAPI' }

/**
 * Checks that there is one source, and that one.
 * @param order the kinds in the order in which the real server looks for them
 * @param own rules of this place, beside or instead of the shared ones
 */
export function validateSources(
  holder: Volume | PersistentVolumeSpec,
  order: readonly string[],
  field: string,
  place: SourcePlace,
  own: { readonly [kind: string]: (field: string) => FieldError[] },
): FieldError[] {
  const errors: FieldError[] = []
  let seen = false
  for (const kind of order) {
    const source = (holder as Readonly<Record<string, unknown>>)[kind]
    if (source === undefined) continue
    const path = `${field}.${SAID_AS[kind] ?? kind}`
    if (seen && kind !== 'flexVolume')
      errors.push(forbidden(`${field}.${FORBIDDEN_AS[kind] ?? kind}`, 'may not specify more than 1 volume type'))
    else errors.push(...(own[kind]?.(path) ?? RULES[kind]?.(source as Source, path, place) ?? []))
    seen = true
  }
  return seen ? errors : [required(field, 'must specify a volume type')]
}
