import type { Api } from '../api/door.ts'
import type { EndpointSlice, Service } from '../resources/kinds.ts'

/** The EndpointSlices of a service, by the label that ties them together. */
export function slicesOf(api: Api, service: Service): readonly EndpointSlice[] {
  return api
    .list('EndpointSlice', service.metadata.namespace)
    .filter((slice) => slice.metadata.labels?.['kubernetes.io/service-name'] === service.metadata.name)
}
