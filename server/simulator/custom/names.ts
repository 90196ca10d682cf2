import type { CustomResourceDefinition, CustomResourceDefinitionNames } from '../resources/kinds.ts'

interface Names {
  readonly accepted: CustomResourceDefinitionNames
  readonly conflict: { readonly reason: string; readonly message: string } | undefined
}

/**
 * Which of a definition's names it gets: those that no other definition of its group has already.
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiextensions-apiserver/pkg/controller/status/naming_controller.go
 */
export function namesOf(definition: CustomResourceDefinition, others: readonly CustomResourceDefinition[]): Names {
  const taken = others.map(({ status }) => status?.acceptedNames).filter((names) => names !== undefined && names.plural !== '')
  const resources = new Set(taken.flatMap((names) => [names?.plural, names?.singular, ...(names?.shortNames ?? [])]))
  const kinds = new Set(taken.flatMap((names) => [names?.kind, names?.listKind]))
  const asked = definition.spec.names
  const before = definition.status?.acceptedNames ?? { kind: '', plural: '' }
  const inUse = (name: string | undefined, all: ReadonlySet<string | undefined>) => name !== undefined && name !== '' && all.has(name)
  const word = (name: string | undefined) => `${JSON.stringify(name)} is already in use`
  const short = (asked.shortNames ?? []).filter((name) => inUse(name, resources))
  const conflicts = [
    ...(inUse(asked.plural, resources) ? [{ reason: 'PluralConflict', message: word(asked.plural) }] : []),
    ...(inUse(asked.singular, resources) ? [{ reason: 'SingularConflict', message: word(asked.singular) }] : []),
    ...(short.length > 0
      ? [{ reason: 'ShortNamesConflict', message: short.length === 1 ? word(short[0]) : `[${short.map(word).join(', ')}]` }]
      : []),
    ...(inUse(asked.kind, kinds) ? [{ reason: 'KindConflict', message: word(asked.kind) }] : []),
    ...(inUse(asked.listKind, kinds) ? [{ reason: 'ListKindConflict', message: word(asked.listKind) }] : []),
  ]
  const failed = new Set(conflicts.map(({ reason }) => reason))
  const accepted: CustomResourceDefinitionNames = {
    ...(asked.categories && { categories: asked.categories }),
    kind: failed.has('KindConflict') ? before.kind : asked.kind,
    ...optional('listKind', failed.has('ListKindConflict') ? before.listKind : asked.listKind),
    plural: failed.has('PluralConflict') ? before.plural : asked.plural,
    ...optional('shortNames', failed.has('ShortNamesConflict') ? before.shortNames : asked.shortNames),
    ...optional('singular', failed.has('SingularConflict') ? before.singular : asked.singular),
  }
  return { accepted, conflict: conflicts.at(-1) }
}

function optional<K extends string, T>(key: K, value: T | undefined): { readonly [name in K]?: T } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [name in K]?: T })
}
