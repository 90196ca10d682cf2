import { createHash } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { ClusterId } from '../kernel/ids.ts'
import { UserError } from '../kernel/user-error.ts'
import type { ClusterLease, ClusterProvider } from './lease.ts'
import { createApiClient } from './api-client.ts'
import { findPrometheus } from './find-prometheus.ts'
import { readKubeconfig } from './kubeconfig.ts'
import type { ClusterAccess } from './kubeconfig.ts'

/**
 * Lends real clusters: one attendee each gets one of a folder's kubeconfigs (or the one that is named itself), in the order of their names. One that
 * was released is lent again. All are read now, so that a wrong one is told to the operator, not to an attendee.
 * @throws UserError 'bad-kubeconfig', naming the folder or the file
 */
export async function createKubeconfigProvider(folder: string): Promise<ClusterProvider> {
  const files = await listKubeconfigs(folder)
  const accesses = await Promise.all(files.map(readKubeconfig))
  const lent = new Map<ClusterAccess, ClusterLease>()
  return {
    lease() {
      const free = accesses.find((access) => !lent.has(access))
      if (!free) {
        const count = accesses.length === 1 ? 'The one cluster of this workshop is' : `All ${accesses.length} clusters of this workshop are`
        return Promise.reject(
          new UserError('no-clusters-left', `${count} taken. You can follow the slides; ask the presenter for a cluster.`),
        )
      }
      const lease = leaseOf(free, () => lent.delete(free))
      lent.set(free, lease)
      return Promise.resolve(lease)
    },
    async close() {
      await Promise.all([...lent.values()].map((lease) => lease.release()))
    },
  }
}

async function listKubeconfigs(folder: string): Promise<string[]> {
  const wrong = (why: string, cause?: unknown) => new UserError('bad-kubeconfig', `${resolve(folder)} ${why}`, cause)
  if (
    await stat(folder).then(
      (found) => found.isFile(),
      () => false,
    )
  )
    return [resolve(folder)]
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
    throw wrong('cannot be read as a folder of kubeconfigs. Give one with --clusters kubeconfig:FOLDER.', cause)
  })
  // Keys and certificates that kubeconfigs refer to may lie beside them.
  const files = entries.filter(
    (entry) => !entry.isDirectory() && !entry.name.startsWith('.') && !/\.(pem|crt|cert|key|token|md|txt)$/.test(entry.name),
  )
  if (files.length === 0) throw wrong('holds no kubeconfig. Put one file for each attendee there.')
  return files.map(({ name }) => join(resolve(folder), name)).toSorted(new Intl.Collator('en', { numeric: true }).compare)
}

function leaseOf(access: ClusterAccess, released: () => void): ClusterLease {
  const client = createApiClient(access)
  const prometheus = findPrometheus(client)
  return {
    id: ClusterId.parse(`kubeconfig-${createHash('sha256').update(access.kubeconfigFor(access.api)).digest('hex').slice(0, 16)}`),
    name: access.name,
    simulated: false,
    nodes: [],
    api: access.api,
    kubeconfigFor: (at) => access.kubeconfigFor(at),
    prometheus,
    client,
    release() {
      prometheus.stop()
      client.close()
      released()
      return Promise.resolve()
    },
  }
}
