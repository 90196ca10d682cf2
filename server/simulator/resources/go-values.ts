import type { LabelSelector } from './kinds.ts'
import type { JsonObject } from './object.ts'

/** Values as Go writes them into messages: maps by their keys, structs in the order of their fields. */

export function goMap(map: { readonly [key: string]: string } | undefined): JsonObject | null {
  return map ? Object.fromEntries(Object.entries(map).toSorted(([a], [b]) => (a < b ? -1 : 1))) : null
}

export function goSelector({ matchLabels, matchExpressions }: LabelSelector): JsonObject {
  return {
    ...(matchLabels && Object.keys(matchLabels).length > 0 && { matchLabels: goMap(matchLabels) }),
    ...(matchExpressions?.length && {
      matchExpressions: matchExpressions.map(({ key, operator, values }) => ({ key, operator, ...(values && { values }) })),
    }),
  }
}
