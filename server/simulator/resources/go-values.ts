import type { LabelSelector, NodeSelector, NodeSelectorTerm } from './kinds.ts'
import type { JsonObject, JsonValue } from './object.ts'

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

export function goNodeTerm({ matchExpressions, matchFields }: NodeSelectorTerm): JsonObject {
  const wanted = (list: NodeSelectorTerm['matchFields']): JsonValue =>
    list?.map(({ key, operator, values }) => ({ Key: key, Operator: operator, Values: values ?? null })) ?? null
  return { MatchExpressions: wanted(matchExpressions), MatchFields: wanted(matchFields) }
}

export function goNodeTerms(selector: NodeSelector | undefined): JsonValue {
  return selector ? { NodeSelectorTerms: selector.nodeSelectorTerms?.map((term) => goNodeTerm(term)) ?? null } : null
}
