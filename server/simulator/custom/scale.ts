import { ApiError } from '../api/door.ts'
import { isObject } from '../resources/draft.ts'
import { valueAt } from './custom-kind.ts'
import type { JsonObject, JsonValue, StoredObject } from '../resources/object.ts'
import type { ScalePaths } from './custom-kind.ts'

/** A defined kind's scale, read from and written to where its definition says. */

/** @throws ApiError when the object says nothing of replicas */
export function customScale(paths: ScalePaths, object: StoredObject): JsonObject {
  const replicas = valueAt(object, paths.spec)
  if (replicas === undefined)
    throw new ApiError(
      500,
      'InternalError',
      `Internal error occurred: the spec replicas field ${JSON.stringify(paths.specWritten)} does not exist`,
      { causes: [{ message: `the spec replicas field ${JSON.stringify(paths.specWritten)} does not exist` }] },
    )
  const selector = paths.selector && valueAt(object, paths.selector)
  const { name = '', namespace, uid = '', resourceVersion = '', creationTimestamp = '' } = object.metadata
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, ...(namespace !== undefined && { namespace }), uid, resourceVersion, creationTimestamp },
    spec: replicas ? { replicas } : {},
    status: { replicas: valueAt(object, paths.status) ?? 0, ...(typeof selector === 'string' && selector && { selector }) },
  }
}

/** The object with so many replicas asked for. */
export function withReplicas(paths: ScalePaths, object: JsonObject, replicas: number): JsonObject {
  const set = (value: JsonValue | undefined, path: readonly string[]): JsonValue => {
    const [key, ...rest] = path
    if (key === undefined) return replicas
    const inside = isObject(value) ? value : {}
    return { ...inside, [key]: set(inside[key], rest) }
  }
  return set(object, paths.spec) as JsonObject
}
