import type { JsonObject, StoredObject } from './object.ts'
import type { Resource } from './registry.ts'

/** Two views of one thing: an object as another version of its API shows it, and back. */

/** A stored object as `resource` shows it. */
export function shownAs(resource: Resource, object: StoredObject): StoredObject {
  if (resource.custom) return resource.custom.shown(object)
  if (`${resource.groupVersion}/${resource.resource}` === resource.table) return object
  const shown: StoredObject = { ...object, apiVersion: resource.groupVersion, kind: resource.kind }
  if (resource.kind === 'Event') return eventsV1(shown)
  if (resource.kind === 'HorizontalPodAutoscaler') return autoscalingV1(shown)
  return shown
}

/** What a client of `resource` sent, as its storage version has it. */
export function storedFrom(resource: Resource, storage: Resource, body: JsonObject): JsonObject {
  if (resource === storage) return body
  const stored: JsonObject = { ...body, apiVersion: storage.groupVersion }
  if (resource.kind === 'Event') return fromEventsV1(stored)
  if (resource.kind === 'HorizontalPodAutoscaler') return fromAutoscalingV1(stored)
  return stored
}

function rename(object: JsonObject, names: { readonly [from: string]: string }): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [names[key] ?? key, value]))
}

const EVENT_FIELDS = {
  involvedObject: 'regarding',
  message: 'note',
  source: 'deprecatedSource',
  firstTimestamp: 'deprecatedFirstTimestamp',
  lastTimestamp: 'deprecatedLastTimestamp',
  count: 'deprecatedCount',
  reportingComponent: 'reportingController',
}

function eventsV1(object: StoredObject): StoredObject {
  return rename(object, EVENT_FIELDS) as StoredObject
}

function fromEventsV1(body: JsonObject): JsonObject {
  return rename(body, Object.fromEntries(Object.entries(EVENT_FIELDS).map(([from, to]) => [to, from])))
}

function autoscalingV1(object: StoredObject): StoredObject {
  const { metrics, behavior: _behavior, ...spec } = (object['spec'] ?? {}) as { readonly [key: string]: JsonObject[string] }
  const { currentMetrics, conditions: _conditions, ...status } = (object['status'] ?? {}) as { readonly [key: string]: JsonObject[string] }
  return {
    ...object,
    spec: { ...spec, ...withDefined('targetCPUUtilizationPercentage', cpuTarget(metrics)) },
    status: { currentReplicas: 0, ...status, ...withDefined('currentCPUUtilizationPercentage', cpuCurrent(currentMetrics)) },
  }
}

function withDefined(key: string, value: JsonObject[string]): JsonObject {
  return value === undefined ? {} : { [key]: value }
}

function cpu(metrics: JsonObject[string]): JsonObject | undefined {
  const list = (Array.isArray(metrics) ? metrics : []) as readonly JsonObject[]
  const found = list.map((metric) => metric['resource'] as JsonObject | undefined).find((resource) => resource?.['name'] === 'cpu')
  return found
}

function cpuTarget(metrics: JsonObject[string]): JsonObject[string] {
  return (cpu(metrics)?.['target'] as JsonObject | undefined)?.['averageUtilization']
}

function cpuCurrent(metrics: JsonObject[string]): JsonObject[string] {
  return (cpu(metrics)?.['current'] as JsonObject | undefined)?.['averageUtilization']
}

function fromAutoscalingV1(body: JsonObject): JsonObject {
  const { targetCPUUtilizationPercentage: target, ...spec } = (body['spec'] ?? {}) as { readonly [key: string]: JsonObject[string] }
  const metrics =
    target === undefined
      ? {}
      : { metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: target } } }] }
  return { ...body, spec: { ...spec, ...metrics } }
}
