import { ageOf, humanDuration } from './cells.ts'
import type { JsonObject, StoredObject } from '../resources/object.ts'
import type { Cell } from './table.ts'

/** A certificate request: decided how, and carried out or not. */
export function certificateRequestRow(object: StoredObject, now: number): readonly Cell[] {
  const spec = (object['spec'] ?? {}) as JsonObject
  const status = (object['status'] ?? {}) as { readonly certificate?: string; readonly conditions?: readonly { readonly type: string }[] }
  const has = (type: string) => status.conditions?.some((condition) => condition.type === type) ?? false
  const decided = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending'
  const condition = [decided, ...(has('Failed') ? ['Failed'] : []), ...(status.certificate ? ['Issued'] : [])].join(',')
  const seconds = spec['expirationSeconds']
  const asked = typeof seconds === 'number' ? humanDuration(seconds * 1000) : '<none>'
  return [
    object.metadata.name ?? '',
    ageOf(object.metadata.creationTimestamp, now),
    String(spec['signerName'] ?? '<none>'),
    String(spec['username'] ?? ''),
    asked,
    condition,
  ]
}
