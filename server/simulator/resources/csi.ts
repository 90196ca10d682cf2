import { child, children, ensure, integer, setDefaults, text } from './draft.ts'
import { atLeastZero, duplicate, forbidden, invalid, required, unsupported } from './field-error.ts'
import { validateSelector } from './label-selector.ts'
import { immutable } from './metadata.ts'
import { qualifiedName, subdomain } from './names.ts'
import { nanoOf } from './quantity.ts'
import type { KindBehaviour } from './behaviour.ts'
import type { FieldError } from './field-error.ts'
import type { LabelSelector } from './kinds.ts'
import type { Draft, StoredObject } from './object.ts'

/** What drivers of storage tell of themselves. @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/storage/validation/validation.go */

const specOf = (object: StoredObject) => child(object as Draft, 'spec')
const texts = (value: Draft[string]) => (Array.isArray(value) ? value.map(String) : [])
const named = (field: string, value: string, check: (name: string) => readonly string[]) =>
  check(value).map((words) => invalid(field, value, words))

const GROUP_POLICIES = ['File', 'None', 'ReadWriteOnceWithFSType']
const MODES = ['Persistent', 'Ephemeral']
const SHORTEST_TOKEN = 600
const LONGEST_TOKEN = 2 ** 32
const SHORTEST_PERIOD = 10

export const csiDriver: KindBehaviour = {
  returnsDeleted: true,
  defaults(draft) {
    const spec = ensure(draft, 'spec')
    setDefaults(spec, {
      attachRequired: true,
      podInfoOnMount: false,
      storageCapacity: false,
      fsGroupPolicy: 'ReadWriteOnceWithFSType',
      requiresRepublish: false,
      seLinuxMount: false,
    })
    if (texts(spec['volumeLifecycleModes']).length === 0) spec['volumeLifecycleModes'] = ['Persistent']
  },
  validate(object) {
    const spec = specOf(object)
    const policy = text(spec, 'fsGroupPolicy')
    const period = integer(spec, 'nodeAllocatableUpdatePeriodSeconds')
    const wrongModes = texts(spec?.['volumeLifecycleModes']).filter((mode) => !MODES.includes(mode))
    return [
      ...(policy !== undefined && !GROUP_POLICIES.includes(policy) ? [unsupported('spec.fsGroupPolicy', policy, GROUP_POLICIES)] : []),
      ...validateTokens(children(spec, 'tokenRequests')),
      ...wrongModes.map((mode) => unsupported('spec.volumeLifecycleModes', mode, MODES)),
      ...(period !== undefined && period < SHORTEST_PERIOD
        ? [invalid('spec.nodeAllocatableUpdatePeriodSeconds', period, 'must be greater than or equal to 10 seconds')]
        : []),
    ]
  },
  validateUpdate: (object, old) => [
    // So the server calls the first of them.
    ...immutable('spec.attachedRequired', specOf(object)?.['attachRequired'], specOf(old)?.['attachRequired']),
    ...immutable('spec.volumeLifecycleModes', specOf(object)?.['volumeLifecycleModes'], specOf(old)?.['volumeLifecycleModes']),
  ],
}

function validateTokens(requests: readonly Draft[]): FieldError[] {
  return requests.flatMap((request, index) => {
    const field = `spec.tokenRequests[${index}]`
    const audience = text(request, 'audience') ?? ''
    if (requests.findIndex((other) => (text(other, 'audience') ?? '') === audience) < index)
      return [duplicate(`${field}.audience`, audience)]
    const seconds = integer(request, 'expirationSeconds')
    const wrong = (words: string) => [invalid(`${field}.expirationSeconds`, seconds, words)]
    if (seconds !== undefined && seconds < SHORTEST_TOKEN) return wrong('may not specify a duration less than 10 minutes')
    return seconds !== undefined && seconds > LONGEST_TOKEN ? wrong('may not specify a duration larger than 2^32 seconds') : []
  })
}

const NODE_ID_LENGTH = 192

export const csiNode: KindBehaviour = {
  returnsDeleted: true,
  validate(object) {
    const drivers = children(specOf(object), 'drivers')
    return drivers.flatMap((driver, index) => {
      const field = `spec.drivers[${index}]`
      const [name, id] = [text(driver, 'name') ?? '', text(driver, 'nodeID') ?? '']
      const keys = texts(driver['topologyKeys'])
      return [
        ...driverName(`${field}.name`, name),
        ...(id === '' ? [required(`${field}.nodeID`)] : []),
        ...(id.length > NODE_ID_LENGTH ? [invalid(`${field}.nodeID`, id, `must be ${NODE_ID_LENGTH} characters or less`)] : []),
        ...atLeastZero(`${field}.allocatable.count`, integer(child(driver, 'allocatable'), 'count')),
        ...(drivers.findIndex((other) => (text(other, 'name') ?? '') === name) < index ? [duplicate(`${field}.name`, name)] : []),
        ...keys.flatMap((key, at) => [
          ...(key === '' ? [required(field)] : []),
          ...(keys.indexOf(key) < at ? [duplicate(field, key)] : []),
          ...named(field, key, qualifiedName),
        ]),
      ]
    })
  },
}

const DRIVER_NAME_LENGTH = 63

function driverName(field: string, name: string): FieldError[] {
  if (name === '') return [required(field)]
  const long =
    name.length > DRIVER_NAME_LENGTH
      ? [{ reason: 'FieldValueTooLong' as const, field, message: `Too long: may not be more than ${DRIVER_NAME_LENGTH} bytes` }]
      : []
  return [...long, ...subdomain(name.toLowerCase()).map((words) => invalid(field, name, words))]
}

export const csiStorageCapacity: KindBehaviour = {
  validate(object) {
    const {
      nodeTopology,
      storageClassName = '',
      capacity,
    } = object as unknown as {
      readonly nodeTopology?: LabelSelector
      readonly storageClassName?: string
      readonly capacity?: string | number
    }
    return [
      ...validateSelector(nodeTopology, 'nodeTopology'),
      ...named('storageClassName', storageClassName, subdomain),
      ...(capacity !== undefined && nanoOf(String(capacity)) < 0n
        ? [invalid('capacity', String(capacity), 'must be greater than or equal to 0')]
        : []),
    ]
  },
  validateUpdate: (object, old) => ['nodeTopology', 'storageClassName'].flatMap((key) => immutable(key, object[key], old[key])),
}

export const volumeAttachment: KindBehaviour = {
  returnsDeleted: true,
  prepareCreate: (draft) => void (draft['status'] = { attached: false }),
  validate(object) {
    const spec = specOf(object)
    const source = child(spec, 'source')
    const attacher = text(spec, 'attacher') ?? ''
    const volume = text(source, 'persistentVolumeName')
    const inline = child(source, 'inlineVolumeSpec') !== undefined
    const one = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'
    const errors = attacher === '' ? [required('spec.attacher')] : []
    if (volume === undefined && !inline) errors.push(required('spec.source', one))
    else if (volume !== undefined && inline) errors.push(forbidden('spec.source', one))
    else if (volume === '') errors.push(required('spec.source.persistentVolumeName', 'must specify non empty persistentVolumeName'))
    return [
      ...errors,
      ...named('spec.nodeName', text(spec, 'nodeName') ?? '', subdomain),
      ...driverName('spec.attacher', attacher),
      ...(volume === undefined ? [] : named('spec.source.persistentVolumeName', volume, subdomain)),
    ]
  },
  validateUpdate: (object, old) => immutable('spec', object['spec'], old['spec']),
}
