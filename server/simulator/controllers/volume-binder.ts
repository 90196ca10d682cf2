import { rfc3339 } from '../../kernel/clock.ts'
import type { PersistentVolume, PersistentVolumeClaim, Pod, StorageClass } from '../resources/kinds.ts'
import { normal, warning } from './change.ts'
import type { Change } from './change.ts'
import { isDeleting, isPodFinished, nameOf, namespaceOf, uidOf } from './objects.ts'
import { provisionerAnnotation } from './provisioner.ts'
import { reclaim } from './volume-reclaim.ts'
import { amountOf } from './quantity.ts'
import { selects } from './selectors.ts'

const claimProtection = 'kubernetes.io/pvc-protection'
const volumeProtection = 'kubernetes.io/pv-protection'
const betaProvisionerAnnotation = 'volume.beta.kubernetes.io/storage-provisioner'
const bindCompleted = 'pv.kubernetes.io/bind-completed'
const boundByController = 'pv.kubernetes.io/bound-by-controller'

/** What a claim's fate depends on. */
export interface Storage {
  readonly volumes: readonly PersistentVolume[]
  readonly claims: readonly PersistentVolumeClaim[]
  readonly classes: readonly StorageClass[]
  readonly now: number
}

/**
 * Binds a claim to the smallest volume that satisfies it, or says why it cannot.
 * https://kubernetes.io/docs/concepts/storage/persistent-volumes/#binding
 */
export function reconcileClaim(claim: PersistentVolumeClaim, storage: Storage, pods: readonly Pod[]): Change[] {
  if (isDeleting(claim)) {
    const used = pods.some((pod) => !isPodFinished(pod) && uses(pod, nameOf(claim)))
    return used ? [] : withoutFinalizer(claim, claimProtection)
  }
  const finalizers = claim.metadata.finalizers ?? []
  if (!finalizers.includes(claimProtection)) {
    return [{ do: 'update', object: { ...claim, metadata: { ...claim.metadata, finalizers: [...finalizers, claimProtection] } } }]
  }
  if (claim.status?.phase === 'Bound') {
    const volume = storage.volumes.find((one) => nameOf(one) === claim.spec?.volumeName)
    return volume
      ? []
      : [
          { do: 'status', object: { ...claim, status: { phase: 'Lost' } } },
          warning(claim, 'ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!'),
        ]
  }
  const volume = findVolume(claim, storage)
  return volume ? bind(claim, volume, storage.now) : explain(claim, storage, pods)
}

const uses = (pod: Pod, claim: string): boolean =>
  (pod.spec?.volumes ?? []).some(
    (volume) =>
      volume.persistentVolumeClaim?.claimName === claim || (volume.ephemeral !== undefined && `${nameOf(pod)}-${volume.name}` === claim),
  )

function withoutFinalizer<T extends PersistentVolume | PersistentVolumeClaim>(object: T, finalizer: string): Change[] {
  const finalizers = object.metadata.finalizers ?? []
  if (!finalizers.includes(finalizer)) return []
  return [
    { do: 'update', object: { ...object, metadata: { ...object.metadata, finalizers: finalizers.filter((one) => one !== finalizer) } } },
  ]
}

function findVolume(claim: PersistentVolumeClaim, storage: Storage): PersistentVolume | undefined {
  const own = storage.volumes.find((one) => isFor(one, claim) && one.spec?.claimRef !== undefined)
  if (own) return own
  const storageClass = storage.classes.find((one) => nameOf(one) === claim.spec?.storageClassName)
  const chosen = claim.metadata.annotations?.['volume.kubernetes.io/selected-node']
  if (storageClass?.volumeBindingMode === 'WaitForFirstConsumer' && !chosen && !claim.spec?.volumeName) return undefined
  return storage.volumes
    .filter((volume) => isAvailableFor(volume, claim))
    .toSorted(
      (a, b) => amountOf(a.spec?.capacity?.['storage']) - amountOf(b.spec?.capacity?.['storage']) || (nameOf(a) < nameOf(b) ? -1 : 1),
    )[0]
}

/** Nobody has the volume, and it is what the claim asks for. */
export function isAvailableFor(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  return !isDeleting(volume) && volume.spec?.claimRef === undefined && volume.status?.phase === 'Available' && satisfies(volume, claim)
}

/** The volume names this claim (and not an earlier one of the same name). */
function isFor(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const ref = volume.spec?.claimRef
  return ref?.namespace === namespaceOf(claim) && ref.name === nameOf(claim) && (!ref.uid || ref.uid === uidOf(claim))
}

function satisfies(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const spec = claim.spec
  if (spec?.volumeName) return spec.volumeName === nameOf(volume)
  return (
    (volume.spec?.storageClassName ?? '') === (spec?.storageClassName ?? '') &&
    (volume.spec?.volumeMode ?? 'Filesystem') === (spec?.volumeMode ?? 'Filesystem') &&
    amountOf(volume.spec?.capacity?.['storage']) >= amountOf(spec?.resources?.requests?.['storage']) &&
    (spec?.accessModes ?? []).every((mode) => volume.spec?.accessModes?.includes(mode)) &&
    (!spec?.selector || selects(spec.selector, volume.metadata.labels))
  )
}

function bind(claim: PersistentVolumeClaim, volume: PersistentVolume, now: number): Change[] {
  const prebound = claim.spec?.volumeName !== undefined && claim.spec.volumeName !== ''
  const claimRef = {
    kind: 'PersistentVolumeClaim',
    namespace: namespaceOf(claim),
    name: nameOf(claim),
    uid: uidOf(claim),
    apiVersion: 'v1',
    resourceVersion: claim.metadata.resourceVersion,
  }
  const marked = volume.spec?.claimRef ? volume.metadata.annotations : { ...volume.metadata.annotations, [boundByController]: 'yes' }
  const bound: PersistentVolume = {
    ...volume,
    metadata: { ...volume.metadata, ...(marked ? { annotations: marked } : {}) },
    spec: { ...volume.spec, claimRef },
  }
  const annotations = { ...claim.metadata.annotations, [bindCompleted]: 'yes', ...(prebound ? {} : { [boundByController]: 'yes' }) }
  const held: PersistentVolumeClaim = {
    ...claim,
    metadata: { ...claim.metadata, annotations },
    spec: { ...claim.spec, volumeName: nameOf(volume) },
  }
  return [
    { do: 'update', object: bound },
    { do: 'status', object: { ...bound, status: { phase: 'Bound', lastPhaseTransitionTime: rfc3339(now) } } },
    { do: 'update', object: held },
    {
      do: 'status',
      object: { ...held, status: { phase: 'Bound', accessModes: volume.spec?.accessModes, capacity: volume.spec?.capacity } },
    },
  ]
}

/** Why nothing binds yet, in the controller's words. */
function explain(claim: PersistentVolumeClaim, storage: Storage, pods: readonly Pod[]): Change[] {
  const pending: Change[] = claim.status?.phase === 'Pending' ? [] : [{ do: 'status', object: { ...claim, status: { phase: 'Pending' } } }]
  const name = claim.spec?.storageClassName
  const storageClass = storage.classes.find((one) => nameOf(one) === name)
  if (claim.spec?.volumeName) return pending
  if (!name)
    return [...pending, normal(claim, 'FailedBinding', 'no persistent volumes available for this claim and no storage class is set')]
  if (!storageClass) return [...pending, warning(claim, 'ProvisioningFailed', `storageclass.storage.k8s.io "${name}" not found`)]
  if (storageClass.volumeBindingMode === 'WaitForFirstConsumer' && !claim.metadata.annotations?.['volume.kubernetes.io/selected-node']) {
    const waiting = pods.find((pod) => !isPodFinished(pod) && uses(pod, nameOf(claim)))
    const words = waiting ? `waiting for pod ${nameOf(waiting)} to be scheduled` : 'waiting for first consumer to be created before binding'
    return [...pending, normal(claim, waiting ? 'WaitForPodScheduled' : 'WaitForFirstConsumer', words)]
  }
  if (storageClass.provisioner === 'kubernetes.io/no-provisioner') return pending
  const provisioner = claim.metadata.annotations?.[provisionerAnnotation]
  const marked = {
    ...claim.metadata.annotations,
    [betaProvisionerAnnotation]: storageClass.provisioner,
    [provisionerAnnotation]: storageClass.provisioner,
  }
  const mark: Change[] =
    provisioner === storageClass.provisioner
      ? []
      : [{ do: 'update', object: { ...claim, metadata: { ...claim.metadata, annotations: marked } } }]
  const external = `Waiting for a volume to be created either by the external provisioner '${storageClass.provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`
  return [...pending, ...mark, normal(claim, 'ExternalProvisioning', external)]
}

/** A volume's phase, and what becomes of it when its claim has gone. */
export function reconcileVolume(volume: PersistentVolume, storage: Storage): Change[] {
  const ref = volume.spec?.claimRef
  const claim = ref && storage.claims.find((one) => isFor(volume, one) && uidOf(one) === ref.uid)
  if (isDeleting(volume)) return claim ? [] : withoutFinalizer(volume, volumeProtection)
  const finalizers = volume.metadata.finalizers ?? []
  if (!finalizers.includes(volumeProtection)) {
    return [{ do: 'update', object: { ...volume, metadata: { ...volume.metadata, finalizers: [...finalizers, volumeProtection] } } }]
  }
  const phase = !ref?.uid ? 'Available' : claim ? 'Bound' : 'Released'
  const now = rfc3339(storage.now)
  const changed = { ...volume, status: { phase, lastPhaseTransitionTime: now } }
  if (phase === 'Released') return reclaim(volume, changed, now)
  return volume.status?.phase === phase ? [] : [{ do: 'status', object: changed }]
}

/** Claims that a change to any volume or class could help, and the volumes that a change to a claim concerns. */
export function isUnbound(claim: PersistentVolumeClaim): boolean {
  return claim.status?.phase !== 'Bound' || isDeleting(claim)
}
