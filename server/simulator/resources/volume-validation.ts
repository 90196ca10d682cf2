import { FILE_FIELDS, validateFieldRef, validateResourceField } from './env-validation.ts'
import { duplicate, forbidden, invalid, required, unsupported } from './field-error.ts'
import { validateSelector } from './label-selector.ts'
import { validateAnnotations, validateLabels } from './metadata.ts'
import { label, subdomain } from './names.ts'
import { localPath } from './paths.ts'
import { validateClaimSpec } from './claim-validation.ts'
import { validateSources } from './volume-sources.ts'
import type { FieldError } from './field-error.ts'
import type { DownwardAPIVolumeFile, KeyToPath, Volume, VolumeProjection } from './kinds.ts'
import type { Volumes } from './mount-validation.ts'

/** Volumes of pods. @see …/validation.go ValidateVolumes */

/** As in Go, from the first looked for to the last. */
const ORDER = [
  'emptyDir',
  'hostPath',
  'gitRepo',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'secret',
  'nfs',
  'iscsi',
  'glusterfs',
  'flocker',
  'persistentVolumeClaim',
  'rbd',
  'cinder',
  'cephfs',
  'quobyte',
  'downwardAPI',
  'fc',
  'flexVolume',
  'configMap',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'storageos',
  'projected',
  'scaleIO',
  'csi',
  'ephemeral',
  'image',
]

interface VolumeOptions {
  readonly template: boolean
  readonly podName?: string
}

/** Those that containers may mount: what is wrong is not there for them. */
export function usableVolumes(volumes: readonly Volume[], options: VolumeOptions): Volumes {
  const usable = new Map<string, Volume>()
  for (const volume of volumes)
    if (!usable.has(volume.name) && validateVolume(volume, '', options).length === 0) usable.set(volume.name, volume)
  return usable
}

export function validateVolumes(volumes: readonly Volume[], field: string, options: VolumeOptions): FieldError[] {
  const names = new Set<string>()
  const made = volumes.filter(({ ephemeral }) => ephemeral).map(({ name }) => `${options.podName ?? ''}-${name}`)
  return volumes.flatMap((volume, index) => {
    const path = `${field}[${index}]`
    const errors = validateVolume(volume, path, options)
    if (names.has(volume.name)) errors.push(duplicate(`${path}.name`, volume.name))
    if (errors.length === 0) names.add(volume.name)
    const claim = volume.persistentVolumeClaim?.claimName
    if (claim && options.podName && made.includes(claim))
      errors.push(
        invalid(`${path}.persistentVolumeClaim.claimName`, claim, 'must not reference a PVC that gets created for an ephemeral volume'),
      )
    return errors
  })
}

function validateVolume(volume: Volume, path: string, options: VolumeOptions): FieldError[] {
  const { name } = volume
  const own = {
    secret: (field: string) => [
      ...(volume.secret?.secretName ? [] : [required(`${field}.secretName`)]),
      ...validateFiles(volume.secret, field),
    ],
    configMap: (field: string) => [
      ...(volume.configMap?.name ? [] : [required(`${field}.name`)]),
      ...validateFiles(volume.configMap, field),
    ],
    downwardAPI: (field: string) => [
      ...validateMode(volume.downwardAPI?.defaultMode, `${field}.defaultMode`),
      ...(volume.downwardAPI?.items ?? []).flatMap((file) => validateDownwardFile(file, field)),
    ],
    projected: (field: string) => [
      ...validateMode(volume.projected?.defaultMode, `${field}.defaultMode`),
      ...validateProjections(volume.projected?.sources ?? [], field),
    ],
    ephemeral: (field: string) => validateEphemeral(volume, field, options),
    image: (field: string) => validateImage(volume, field, options),
  }
  const errors = validateSources(volume, ORDER, path, { name: name ?? '', persistent: false }, own)
  if (!name) errors.push(required(`${path}.name`))
  else errors.push(...label(name).map((words) => invalid(`${path}.name`, name, words)))
  return errors
}

const MODE_WORDS = 'must be a number between 0 and 0777 (octal), both inclusive'
const validateMode = (mode: number | undefined, field: string) =>
  mode !== undefined && (mode < 0 || mode > 0o777) ? [invalid(field, mode, MODE_WORDS)] : []

type Files = { readonly defaultMode?: number; readonly items?: readonly KeyToPath[] } | undefined

function validateFiles(files: Files, field: string): FieldError[] {
  return [...validateMode(files?.defaultMode, `${field}.defaultMode`), ...validateItems(files?.items ?? [], field)]
}

function validateItems(items: readonly KeyToPath[], field: string): FieldError[] {
  return items.flatMap(({ key, path, mode }, index) => {
    const at = `${field}.items[${index}]`
    return [
      ...(key ? [] : [required(`${at}.key`)]),
      ...(path ? localPath(path, `${at}.path`) : [required(`${at}.path`)]),
      ...validateMode(mode, `${at}.mode`),
    ]
  })
}

/** Without the item's index, as the real server says it. */
function validateDownwardFile({ path, fieldRef, resourceFieldRef, mode }: DownwardAPIVolumeFile, field: string): FieldError[] {
  const errors = path ? localPath(path, `${field}.path`) : [required(`${field}.path`)]
  if (fieldRef) {
    errors.push(...validateFieldRef(fieldRef, FILE_FIELDS, `${field}.fieldRef`))
    if (resourceFieldRef) errors.push(invalid(field, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'))
  } else if (resourceFieldRef) errors.push(...validateResourceField(resourceFieldRef, `${field}.resourceFieldRef`, true))
  else errors.push(required(field, 'one of fieldRef and resourceFieldRef is required'))
  return [...errors, ...validateMode(mode, `${field}.mode`)]
}

function validateProjections(sources: readonly VolumeProjection[], field: string): FieldError[] {
  const paths = new Set<string>()
  const taken = (path: string, value: string) => {
    if (!path) return []
    if (paths.has(path)) return [invalid(field, value, 'conflicting duplicate paths')]
    paths.add(path)
    return []
  }
  return sources.flatMap((source, index) => {
    const at = `${field}.sources[${index}]`
    const errors: FieldError[] = []
    for (const kind of ['secret', 'configMap'] as const) {
      const named = source[kind]
      if (!named) continue
      if (!named.name) errors.push(required(`${at}.${kind}.name`))
      named.items?.forEach((item, item_) => {
        errors.push(
          ...validateItems([item], `${at}.${kind}`).map((error) => ({ ...error, field: error.field.replace('[0]', `[${item_}]`) })),
        )
        errors.push(...taken(item.path, named.name ?? ''))
      })
    }
    for (const file of source.downwardAPI?.items ?? [])
      errors.push(...validateDownwardFile(file, `${at}.downwardAPI`), ...taken(file.path, file.path))
    errors.push(...validateToken(source, at, field), ...validateBundle(source, `${at}.clusterTrustBundle`))
    const bundle = source.clusterTrustBundle?.path
    if (bundle) errors.push(...taken(bundle, bundle))
    if (Object.values(source).filter((one) => one !== undefined).length > 1)
      errors.push(forbidden(at, 'may not specify more than 1 volume type per source'))
    return errors
  })
}

/** The path of a token is said to be the volume's, not the source's. */
function validateToken({ serviceAccountToken: token }: VolumeProjection, at: string, field: string): FieldError[] {
  if (!token) return []
  const seconds = token.expirationSeconds ?? 0
  const path = `${at}.serviceAccountToken.expirationSeconds`
  const errors: FieldError[] = []
  if (seconds < 600) errors.push(invalid(path, seconds, 'may not specify a duration less than 10 minutes'))
  if (seconds > 2 ** 32) errors.push(invalid(path, seconds, 'may not specify a duration larger than 2^32 seconds'))
  return [...errors, ...(token.path ? localPath(token.path, `${field}.path`) : [required(`${field}.path`)])]
}

function validateBundle({ clusterTrustBundle: bundle }: VolumeProjection, at: string): FieldError[] {
  if (!bundle) return []
  const { name, signerName, labelSelector, path } = bundle
  const errors: FieldError[] = []
  if (name === undefined && signerName === undefined) errors.push(required(at, 'either name or signerName must be specified'))
  if (name === '') errors.push(required(`${at}.name`, 'must be a valid object name'))
  if (signerName === '') errors.push(required(`${at}.signerName`, 'must be a valid signer name'))
  errors.push(...validateSelector(name === undefined ? labelSelector : undefined, `${at}.labelSelector`))
  return [...errors, ...(path ? localPath(path, `${at}.path`) : [required(`${at}.path`)])]
}

function validateEphemeral({ name, ephemeral }: Volume, field: string, { podName }: VolumeOptions): FieldError[] {
  const template = ephemeral?.volumeClaimTemplate
  const path = `${field}.volumeClaimTemplate`
  if (!template) return [required(path)]
  const errors = [
    ...validateAnnotations(template.metadata?.annotations, `${path}.metadata.annotations`),
    ...validateLabels(template.metadata?.labels, `${path}.metadata.labels`),
    ...Object.keys(template.metadata ?? {})
      .filter((key) => key !== 'annotations' && key !== 'labels')
      .map((key) => forbidden(`${path}.metadata.${key}`, 'cannot be set')),
    ...validateClaimSpec(template.spec ?? {}, `${path}.spec`),
  ]
  if (!podName || !name) return errors
  const claim = `${podName}-${name}`
  const at = `${field.replace(/\.ephemeral$/, '')}.name`
  return [...errors, ...subdomain(claim).map((words) => invalid(at, name, `PVC name ${JSON.stringify(claim)}: ${words}`))]
}

function validateImage({ image }: Volume, field: string, { template }: VolumeOptions): FieldError[] {
  const policies = ['Always', 'IfNotPresent', 'Never']
  const policy = image?.pullPolicy
  const errors = !template && !image?.reference ? [required(`${field}.reference`)] : []
  if (!policy) return [...errors, required(`${field}.pullPolicy`)]
  return policies.includes(policy) ? errors : [...errors, unsupported(`${field}.pullPolicy`, policy, policies)]
}
