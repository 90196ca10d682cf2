import { rfc3339 } from '../../kernel/clock.ts'
import type { Api } from '../api/door.ts'
import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from '../resources/kinds.ts'
import { again, normal } from './change.ts'
import type { Change } from './change.ts'
import { isDeleting, keyOf, nameOf, namespaceOf, uidOf } from './objects.ts'
import { amountOf } from './quantity.ts'
import { watching } from './runner.ts'
import type { Controller } from './runner.ts'

/** Provisioners that make volumes out of nodes' own disks: whoever names one in a StorageClass has it, without installing it. */
const provisioners = ['rancher.io/local-path', 'k8s.io/minikube-hostpath', 'docker.io/hostpath', 'hostpath.csi.k8s.io']
/** Whether this provisioner makes, enlarges and deletes volumes here. */
export const provisions = (provisioner: string | undefined): boolean => provisioner !== undefined && provisioners.includes(provisioner)
export const isProvisioned = (volume: PersistentVolume): boolean =>
  provisions(volume.metadata.annotations?.['pv.kubernetes.io/provisioned-by'])
/** How long it takes to make or to enlarge a volume. */
const workMillis = 1500
export const provisionerAnnotation = 'volume.kubernetes.io/storage-provisioner'
const selectedNode = 'volume.kubernetes.io/selected-node'

interface Site {
  readonly provisioner: string
  readonly storageClass: StorageClass
  readonly volumes: readonly PersistentVolume[]
  readonly now: number
  /** When the work on a claim began, by the claim's uid. */
  readonly begun: Map<string, number>
}

/** The dynamic provisioners. https://kubernetes.io/docs/concepts/storage/dynamic-provisioning/ */
export function provisioning(api: Api, now: () => number): Controller[] {
  return provisioners.map((provisioner) => {
    const begun = new Map<string, number>()
    return {
      name: provisioner,
      watches: [
        watching('PersistentVolumeClaim', (claim) => [keyOf(claim)]),
        watching('StorageClass', () => api.list('PersistentVolumeClaim').map(keyOf)),
      ],
      reconcile: (key) => {
        const [namespace = '', name = ''] = key.split('/')
        const claim = api.get('PersistentVolumeClaim', namespace, name)
        const storageClass = claim && api.get('StorageClass', undefined, claim.spec?.storageClassName ?? '')
        if (!claim || isDeleting(claim) || storageClass?.provisioner !== provisioner) return []
        const site: Site = { provisioner, storageClass, volumes: api.list('PersistentVolume'), now: now(), begun }
        return claim.status?.phase === 'Bound' ? expand(claim, site) : provision(claim, site)
      },
    }
  })
}

/** Begins work, or waits for it. @returns undefined when it is done */
function work(claim: PersistentVolumeClaim, site: Site, beginning: readonly Change[]): Change[] | undefined {
  const since = site.begun.get(uidOf(claim))
  if (since === undefined) {
    site.begun.set(uidOf(claim), site.now)
    return [...beginning, ...again(workMillis)]
  }
  const left = since + workMillis - site.now
  if (left > 0) return again(left)
  site.begun.delete(uidOf(claim))
  return undefined
}

function provision(claim: PersistentVolumeClaim, site: Site): Change[] {
  const node = claim.metadata.annotations?.[selectedNode]
  const waits = site.storageClass.volumeBindingMode === 'WaitForFirstConsumer' && node === undefined
  if (claim.spec?.volumeName || waits || claim.metadata.annotations?.[provisionerAnnotation] !== site.provisioner) return []
  const name = `pvc-${uidOf(claim)}`
  if (site.volumes.some((one) => nameOf(one) === name)) return []
  const beginning = normal(claim, 'Provisioning', `External provisioner is provisioning volume for claim "${keyOf(claim)}"`)
  return (
    work(claim, site, [beginning]) ?? [
      {
        do: 'create',
        object: volumeFor(claim, site, name, node),
        done: () => [normal(claim, 'ProvisioningSucceeded', `Successfully provisioned volume ${name}`)],
      },
    ]
  )
}

function volumeFor(
  claim: PersistentVolumeClaim,
  { provisioner, storageClass }: Site,
  name: string,
  node: string | undefined,
): PersistentVolume {
  const { spec } = claim
  const path = `/opt/local-path-provisioner/${name}_${namespaceOf(claim)}_${nameOf(claim)}`
  const hostname = { key: 'kubernetes.io/hostname', operator: 'In', values: [node ?? ''] }
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name, annotations: { 'pv.kubernetes.io/provisioned-by': provisioner } },
    spec: {
      accessModes: spec?.accessModes,
      capacity: { storage: spec?.resources?.requests?.['storage'] ?? '1Gi' },
      claimRef: {
        kind: 'PersistentVolumeClaim',
        namespace: namespaceOf(claim),
        name: nameOf(claim),
        uid: uidOf(claim),
        apiVersion: 'v1',
        resourceVersion: claim.metadata.resourceVersion,
      },
      hostPath: { path, type: 'DirectoryOrCreate' },
      ...(node === undefined ? {} : { nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [hostname] }] } } }),
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
      storageClassName: nameOf(storageClass),
      ...(spec?.volumeMode ? { volumeMode: spec.volumeMode } : {}),
    },
  }
}

/** https://kubernetes.io/docs/concepts/storage/persistent-volumes/#expanding-persistent-volumes-claims */
function expand(claim: PersistentVolumeClaim, site: Site): Change[] {
  const wanted = claim.spec?.resources?.requests?.['storage']
  const volume = site.volumes.find((one) => nameOf(one) === claim.spec?.volumeName)
  if (!volume || !site.storageClass.allowVolumeExpansion || amountOf(wanted) <= amountOf(claim.status?.capacity?.['storage'])) return []
  const at = rfc3339(site.now)
  const resizing = { type: 'Resizing', status: 'True', lastProbeTime: undefined, lastTransitionTime: at }
  const others = (claim.status?.conditions ?? []).filter((one) => one.type !== resizing.type)
  const beginning: Change[] = [
    { do: 'status', object: { ...claim, status: { ...claim.status, conditions: [...others, resizing] } } },
    normal(claim, 'Resizing', `External resizer is resizing volume ${nameOf(volume)}`),
  ]
  const capacity = { storage: wanted ?? '' }
  return (
    work(claim, site, beginning) ?? [
      { do: 'update', object: { ...volume, spec: { ...volume.spec, capacity } } },
      { do: 'status', object: { ...claim, status: { ...claim.status, capacity, conditions: others.length > 0 ? others : undefined } } },
      normal(claim, 'FileSystemResizeSuccessful', `MountVolume.NodeExpandVolume succeeded for volume "${nameOf(volume)}"`),
    ]
  )
}
