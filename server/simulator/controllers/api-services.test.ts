import { describe, expect, it } from 'vitest'
import type { APIService, EndpointSlice, Service } from '../resources/kinds.ts'
import { reconcileAvailability } from './api-services.ts'

describe('an APIService', () => {
  it('that the API server itself serves is always available', () => {
    expect(condition(undefined, [], {})).toMatchObject({ status: 'True', reason: 'Local' })
  })

  it('says what is missing on the way to what serves it', () => {
    expect(condition(undefined, [])).toMatchObject({
      status: 'False',
      reason: 'ServiceNotFound',
      message: 'service/metrics-server in "kube-system" is not present',
    })
    expect(condition(service(80), [])).toMatchObject({
      reason: 'ServicePortError',
      message: 'service/metrics-server in "kube-system" is not listening on port 443',
    })
    expect(condition(service(443), [slice(false)])).toMatchObject({
      reason: 'MissingEndpoints',
      message: 'endpoints for service/metrics-server in "kube-system" have no addresses with port name "https"',
    })
  })

  it('is available once a pod behind it is ready', () => {
    expect(condition(service(443), [slice(true)])).toMatchObject({ status: 'True', reason: 'Passed', message: 'all checks passed' })
  })
})

function condition(
  there: Service | undefined,
  slices: readonly EndpointSlice[],
  spec: object = { service: { name: 'metrics-server', namespace: 'kube-system' } },
) {
  const object: APIService = {
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: 'v1beta1.metrics.k8s.io' },
    spec: { groupPriorityMinimum: 100, versionPriority: 100, ...spec },
  }
  const change = reconcileAvailability(object, there, slices, 0)[0]
  return change?.do === 'status' && change.object.kind === 'APIService' ? change.object.status?.conditions?.[0] : undefined
}

function service(port: number): Service {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name: 'metrics-server' }, spec: { ports: [{ name: 'https', port }] } }
}

function slice(ready: boolean): EndpointSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 's' },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.32.0.5'], conditions: { ready } }],
  }
}
