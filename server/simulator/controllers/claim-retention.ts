import type { OwnerReference, PersistentVolumeClaim, Pod, StatefulSet } from '../resources/kinds.ts'
import type { Change } from './change.ts'
import { controllerReference, nameOf, sameJson, uidOf, withMetadata } from './objects.ts'

/**
 * Makes a StatefulSet's claims go with the set, or with the pods that it is scaled down by, as its retention policy says:
 * by owner references, which the garbage collector follows.
 * https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#persistentvolumeclaim-retention
 * @param condemned whether the pod of an ordinal is beyond the set's size
 */
export function retainClaims(
  set: StatefulSet,
  claims: readonly PersistentVolumeClaim[],
  pods: ReadonlyMap<number, Pod>,
  condemned: (ordinal: number) => boolean,
): Change[] {
  const policy = set.spec?.persistentVolumeClaimRetentionPolicy
  const templates = (set.spec?.volumeClaimTemplates ?? []).map(nameOf)
  const changes: Change[] = []
  for (const [ordinal, pod] of pods) {
    const gone = condemned(ordinal)
    const owner = gone && policy?.whenScaled === 'Delete' ? pod : !gone && policy?.whenDeleted === 'Delete' ? set : undefined
    for (const template of templates) {
      const claim = claims.find((one) => nameOf(one) === `${template}-${nameOf(set)}-${ordinal}`)
      if (!claim) continue
      const before = claim.metadata.ownerReferences ?? []
      const after = [...before.filter((one) => !isOurs(one, set, pod)), ...(owner ? [controllerReference(owner)] : [])]
      if (!sameJson(before, after)) {
        changes.push({ do: 'update', object: withMetadata(claim, { ownerReferences: after.length > 0 ? after : undefined }) })
      }
    }
  }
  return changes
}

function isOurs(reference: OwnerReference, set: StatefulSet, pod: Pod): boolean {
  return reference.uid === uidOf(set) || reference.uid === uidOf(pod) || (reference.kind === 'Pod' && reference.name === nameOf(pod))
}
