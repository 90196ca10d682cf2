import { rfc3339, rfc3339Micro } from '../../kernel/clock.ts'
import type { RuntimePast } from '../images/past.ts'
import type { StoredObject } from '../resources/object.ts'

/** `Time` and `MicroTime` as the API writes them. */
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z$/
/** What people write there is theirs, whatever it looks like. */
const theirs = new Set(['annotations', 'labels', 'data', 'stringData', 'template'])

/** The object as it would be had everything happened `millis` later. */
export function shiftObject(object: StoredObject, millis: number): StoredObject {
  const shifted = (key: string, value: unknown): unknown => (theirs.has(key) ? value : shift(value, millis, shifted))
  const { metadata, status } = object
  // Leases and events are about times as a whole; what other kinds' specs say, somebody has asked for.
  if (object.kind === 'Lease' || object.kind === 'Event') return shift(object, millis, shifted) as StoredObject
  return {
    ...object,
    metadata: shifted('metadata', metadata) as StoredObject['metadata'],
    ...(status !== undefined && { status: shifted('status', status) as StoredObject['status'] }),
  }
}

function shift(value: unknown, millis: number, field: (key: string, value: unknown) => unknown): unknown {
  if (typeof value === 'string') return instant.test(value) ? later(value, millis) : value
  if (Array.isArray(value)) return value.map((item) => shift(item, millis, field))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]: [string, unknown]) => [key, field(key, inner)]))
}

function later(text: string, millis: number): string {
  const at = Date.parse(text) + millis
  return text.includes('.') ? rfc3339Micro(at) : rfc3339(at)
}

/** What containers and volumes hold, had everything been written `millis` later. */
export function shiftPast(past: RuntimePast, millis: number): RuntimePast {
  const files = <T extends { readonly modified: number }>(all: readonly (readonly [string, T])[]) =>
    all.map(([path, entry]) => [path, { ...entry, modified: entry.modified + millis }] as const)
  const containers = Object.entries(past.containers).map(([id, each]) => [
    id,
    {
      ...each,
      records: each.records.map((record) => ({ ...record, millis: record.millis + millis })),
      files: { ...each.files, upper: files(each.files.upper) },
      ...(each.flows && {
        flows: each.flows.map((flow) => ({ ...flow, from: flow.from + millis, to: flow.to === undefined ? undefined : flow.to + millis })),
      }),
      ...(each.pushes && { pushes: each.pushes.map(([key, group]) => [key, { ...group, at: group.at + millis / 1000 }] as const) }),
      ...(each.redis && { redis: { ...each.redis, expires: each.redis.expires.map(([key, at]) => [key, at + millis] as const) } }),
    },
  ])
  return {
    containers: Object.fromEntries(containers) as RuntimePast['containers'],
    volumes: past.volumes.map(([key, all]) => [key, files(all)]),
  }
}
