import { describe, expect, it } from 'vitest'
import { living } from './living.test-support.ts'

describe('Endpoints that a person writes for a service without selector', () => {
  it('are mirrored into a slice, which follows them and goes with them', async () => {
    const { api, clock } = await living()
    api.create<'Service'>({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'db', namespace: 'default' },
      spec: { ports: [{ port: 5432 }] },
    })
    api.create<'Endpoints'>({
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { name: 'db', namespace: 'default' },
      subsets: [{ addresses: [{ ip: '192.0.2.42' }], ports: [{ port: 9376 }] }],
    })
    await clock.advance(100)
    expect(slices()).toMatchObject([
      {
        addressType: 'IPv4',
        endpoints: [{ addresses: ['192.0.2.42'], conditions: { ready: true } }],
        ports: [{ name: '', port: 9376, protocol: 'TCP' }],
        metadata: {
          labels: {
            'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io',
            'kubernetes.io/service-name': 'db',
          },
          ownerReferences: [{ kind: 'Endpoints', name: 'db', controller: true }],
        },
      },
    ])
    api.modify('Endpoints', 'default', 'db', (one) => ({
      ...one,
      subsets: [{ addresses: [{ ip: '192.0.2.43' }], ports: [{ port: 9376 }] }],
    }))
    await clock.advance(100)
    expect(slices()).toMatchObject([{ endpoints: [{ addresses: ['192.0.2.43'] }] }])
    api.delete('Endpoints', 'default', 'db')
    await clock.advance(100)
    expect(slices()).toEqual([])

    function slices() {
      return api.list('EndpointSlice', 'default').filter((one) => one.metadata.labels?.['kubernetes.io/service-name'] === 'db')
    }
  })
})
