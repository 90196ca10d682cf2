import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from '../resources/kinds.ts'
import { normal, warning } from './change.ts'
import type { Change } from './change.ts'
import { nameOf } from './objects.ts'
import { isProvisioned } from './provisioner.ts'
import { amountOf } from './quantity.ts'

/** Where the deleter of node paths may delete. Source: pkg/volume/hostpath */
const deletable = /\/tmp\/.+/

/**
 * What becomes of a volume whose claim has gone.
 * https://kubernetes.io/docs/concepts/storage/persistent-volumes/#reclaiming
 * @param released the volume with its phase set to Released
 */
export function reclaim(volume: PersistentVolume, released: PersistentVolume, now: string): Change[] {
  const policy = volume.spec?.persistentVolumeReclaimPolicy
  const setPhase: Change[] = volume.status?.phase === 'Released' ? [] : [{ do: 'status', object: released }]
  const fail = (reason: string, message: string): Change[] =>
    volume.status?.phase === 'Failed'
      ? []
      : [
          { do: 'status', object: { ...volume, status: { phase: 'Failed', message, lastPhaseTransitionTime: now } } },
          warning(volume, reason, message),
        ]
  if (policy === 'Recycle') {
    if (!volume.spec?.hostPath && !volume.spec?.nfs) return fail('VolumeFailedRecycle', 'No recycler plugin found for the volume!')
    return [
      normal(volume, 'VolumeRecycled', 'Volume recycled'),
      { do: 'update', object: { ...volume, spec: { ...volume.spec, claimRef: undefined } } },
    ]
  }
  if (policy !== 'Delete') return setPhase
  // Whoever made it deletes it.
  const maker = volume.metadata.annotations?.['pv.kubernetes.io/provisioned-by']
  if (maker !== undefined && !isProvisioned(volume)) return setPhase
  if (maker === undefined && !volume.spec?.hostPath) {
    const why = `error getting deleter volume plugin for volume "${nameOf(volume)}": no deletable volume plugin matched`
    return fail('VolumeFailedDelete', why)
  }
  const path = volume.spec?.hostPath?.path ?? ''
  if (maker === undefined && !deletable.test(path))
    return fail('VolumeFailedDelete', `host_path deleter only supports /tmp/.+ but received provided ${path}`)
  return [...setPhase, { do: 'delete', kind: 'PersistentVolume', namespace: undefined, name: nameOf(volume) }]
}

/** A claim asks for more than it has, and nobody in the cluster can give it. */
export function awaitExpansion(claim: PersistentVolumeClaim, storageClass: StorageClass | undefined, served: boolean): Change[] {
  const wanted = amountOf(claim.spec?.resources?.requests?.['storage'])
  const has = amountOf(claim.status?.capacity?.['storage'])
  if (claim.status?.phase !== 'Bound' || wanted <= has || served || !storageClass?.allowVolumeExpansion) return []
  return [warning(claim, 'ExternalExpanding', 'waiting for an external controller to expand this PVC')]
}
