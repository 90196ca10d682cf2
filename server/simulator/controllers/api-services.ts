import { rfc3339 } from '../../kernel/clock.ts'
import type { Api } from '../api/door.ts'
import type { Platform } from '../platform.ts'
import type { APIService, APIServiceCondition, EndpointSlice, Service } from '../resources/kinds.ts'
import type { Change } from './change.ts'
import { nameOf, sameJson } from './objects.ts'
import { runController, watching } from './runner.ts'

const serviceOf = (slice: EndpointSlice) => slice.metadata.labels?.['kubernetes.io/service-name']

/** Says of every APIService whether what serves it is there. @returns stops it */
export function startAvailability(api: Api, platform: Platform): () => void {
  const servedBy = (namespace: string | undefined, name: string | undefined) =>
    api
      .list('APIService')
      .filter(({ spec }) => spec?.service?.name === name && spec?.service?.namespace === namespace)
      .map(nameOf)
  return runController(api, platform, {
    name: 'apiservice-controller',
    watches: [
      watching('APIService', (object) => [nameOf(object)]),
      watching('Service', ({ metadata }) => servedBy(metadata.namespace, metadata.name)),
      watching('EndpointSlice', (slice) => servedBy(slice.metadata.namespace, serviceOf(slice))),
    ],
    reconcile: (key) => {
      const object = api.get('APIService', undefined, key)
      const { namespace, name = '' } = object?.spec?.service ?? {}
      const slices = api.list('EndpointSlice', namespace).filter((slice) => serviceOf(slice) === name)
      return object ? reconcileAvailability(object, api.get('Service', namespace, name), slices, platform.clock.now()) : []
    },
  })
}

/** Words and order of kube-aggregator's remote and local availability controllers. */
export function reconcileAvailability(
  object: APIService,
  service: Service | undefined,
  slices: readonly EndpointSlice[],
  now: number,
): Change[] {
  const old = object.status?.conditions?.find((one) => one.type === 'Available')
  const said = availability(object, service, slices)
  const lastTransitionTime = old?.status === said.status ? (old.lastTransitionTime ?? rfc3339(now)) : rfc3339(now)
  const status = { conditions: [{ ...said, type: 'Available', lastTransitionTime }] }
  return sameJson(status, object.status) ? [] : [{ do: 'status', object: { ...object, status } }]
}

function availability(
  { spec }: APIService,
  service: Service | undefined,
  slices: readonly EndpointSlice[],
): Omit<APIServiceCondition, 'type'> {
  const asked = spec?.service
  if (!asked) return { status: 'True', reason: 'Local', message: 'Local APIServices are always available' }
  const shown = `service/${asked.name} in ${JSON.stringify(asked.namespace)}`
  if (!service) return { status: 'False', reason: 'ServiceNotFound', message: `${shown} is not present` }
  const wanted = asked.port ?? 443
  const port = service.spec?.ports?.find((one) => one.port === wanted)
  if (!port) return { status: 'False', reason: 'ServicePortError', message: `${shown} is not listening on port ${wanted}` }
  const ready = slices.some((slice) => (slice.endpoints ?? []).some((one) => one.conditions?.ready !== false && one.addresses.length > 0))
  if (!ready)
    return {
      status: 'False',
      reason: 'MissingEndpoints',
      message: `endpoints for ${shown} have no addresses with port name ${JSON.stringify(port.name ?? '')}`,
    }
  return { status: 'True', reason: 'Passed', message: 'all checks passed' }
}
