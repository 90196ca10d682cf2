import type { KindBehaviour } from './behaviour.ts'
import type { Resource } from './registry.ts'

const NOTHING: KindBehaviour = {}

/** Kinds with behaviour of their own, by the table that stores them. */
const BEHAVIOURS: { readonly [table: string]: KindBehaviour } = {}

export function behaviourOf(resource: Resource): KindBehaviour {
  return BEHAVIOURS[resource.table] ?? NOTHING
}
