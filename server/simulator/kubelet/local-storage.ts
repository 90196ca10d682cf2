import { parseQuantity } from '../resources/quantity.ts'
import type { Pod } from '../resources/kinds.ts'

/** How much of its node's disk a pod takes, in bytes. */
export interface StorageUse {
  /** What a container has written beside its volumes. */
  readonly container: (name: string) => number
  /** What one of the pod's own volumes holds. */
  readonly volume: (name: string) => number
}

/** A quantity as a plain number; 0 when there is none. */
export function bytesIn(quantity: string | number | undefined): number {
  const parsed = quantity === undefined ? undefined : parseQuantity(String(quantity))
  return parsed ? Number(parsed.nano) / 1e9 : 0
}

/** Whether a limit of the pod's is about its node's disk at all. */
export function limitsStorage(pod: Pod): boolean {
  return (
    (pod.spec?.volumes ?? []).some(({ emptyDir }) => emptyDir?.sizeLimit !== undefined) ||
    (pod.spec?.containers ?? []).some(({ resources }) => resources?.limits?.['ephemeral-storage'] !== undefined)
  )
}

/**
 * What a pod is evicted for because it takes more of the disk than it may: a volume, then the pod as a whole, then one of its
 * containers (pkg/kubelet/eviction/eviction_manager.go localStorageEviction). @returns the message that the pod then shows
 */
export function storageExcess(pod: Pod, use: StorageUse): string | undefined {
  const volumes = pod.spec?.volumes ?? []
  const containers = pod.spec?.containers ?? []
  for (const { name, emptyDir } of volumes) {
    const limit = emptyDir?.sizeLimit
    if (limit !== undefined && bytesIn(limit) > 0 && use.volume(name) > bytesIn(limit))
      return `Usage of EmptyDir volume "${name}" exceeds the limit "${limit}". `
  }
  const limits = containers.map(({ resources }) => resources?.limits?.['ephemeral-storage'])
  const most = limits.reduce<number>((sum, limit) => sum + bytesIn(limit), 0)
  const own = containers.reduce((sum, { name }) => sum + use.container(name), 0)
  const disks = volumes.filter(({ emptyDir }) => emptyDir && emptyDir.medium !== 'Memory')
  const taken = disks.reduce((sum, { name }) => sum + use.volume(name), own)
  if (most > 0 && taken > most) {
    const shown = limits.length === 1 ? limits[0] : binary(most)
    return `Pod ephemeral local storage usage exceeds the total limit of containers ${shown}. `
  }
  const greedy = containers.find(({ name }, index) => limits[index] !== undefined && use.container(name) > bytesIn(limits[index]))
  const limit = greedy?.resources?.limits?.['ephemeral-storage']
  return greedy && `Container ${greedy.name} exceeded its local ephemeral storage limit "${limit}". `
}

/** A sum of quantities, as Kubernetes writes it. */
function binary(bytes: number): string {
  const unit = ['Ki', 'Mi', 'Gi'].findLast((_, index) => bytes % 1024 ** (index + 1) === 0)
  return unit === undefined ? String(bytes) : `${bytes / 1024 ** (['Ki', 'Mi', 'Gi'].indexOf(unit) + 1)}${unit}`
}
