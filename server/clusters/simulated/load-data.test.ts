import { beforeAll, describe, expect, it } from 'vitest'
import type { SimulatedCluster } from '../../simulator/cluster-api.ts'
import { loadClusterMaker } from './load-data.ts'

let make: Awaited<ReturnType<typeof loadClusterMaker>>
beforeAll(async () => {
  make = await loadClusterMaker((error) => {
    throw error
  })
})

describe('clusters made for attendees', () => {
  it('have their own pods running from the first moment, on nodes of their own names', async () => {
    const cluster = await make(optionsOf('workshop-vm-03', 2))
    const pods = await list(cluster, '/api/v1/pods')
    expect(pods.length).toBeGreaterThan(9)
    expect(pods.filter((pod) => pod.status?.containerStatuses?.some((one) => !one.ready)).map((pod) => pod.metadata.name)).toEqual([])
    expect(new Set(pods.map((pod) => pod.spec?.nodeName))).toEqual(new Set(['workshop-vm-03-00', 'workshop-vm-03-01']))
    expect(JSON.stringify(pods)).not.toContain('template-node')
  })

  it('have as many nodes as each was asked for', async () => {
    const clusters = await Promise.all([1, 3, 1].map((nodes, index) => make(optionsOf(`room-${index}`, nodes))))
    const names = await Promise.all(
      clusters.map(async (cluster) => (await list(cluster, '/api/v1/nodes')).map((node) => node.metadata.name)),
    )
    expect(names).toEqual([['room-0-00'], ['room-1-00', 'room-1-01', 'room-1-02'], ['room-2-00']])
  })

  it('have tokens that no other cluster takes', async () => {
    const [one, other] = [await make(optionsOf('one', 2)), await make(optionsOf('other', 2))]
    const headers = { authorization: `Bearer ${one.adminToken}` }
    const answer = await other.handle({ method: 'GET', path: '/api/v1/pods', query: new URLSearchParams(), headers })
    expect(answer.status).toBe(401)
  })
})

const optionsOf = (name: string, nodes: number) => ({
  nodes: Array.from({ length: nodes }, (_, node) => `${name}-0${node}`),
  certificateAuthority: '-----BEGIN CERTIFICATE-----\n',
  endpoint: { host: '127.0.0.1', port: 6443 },
})

interface Listed {
  readonly metadata: { readonly name: string }
  readonly spec?: { readonly nodeName?: string }
  readonly status?: { readonly containerStatuses?: readonly { readonly ready: boolean }[] }
}

async function list(cluster: SimulatedCluster, path: string): Promise<readonly Listed[]> {
  const headers = { authorization: `Bearer ${cluster.adminToken}` }
  const { body } = await cluster.handle({ method: 'GET', path, query: new URLSearchParams(), headers })
  return (JSON.parse(String(body)) as { items: readonly Listed[] }).items
}
