import type { Family, Labels, Sample } from '../exposition.ts'

/** A value with what distinguishes it from the others of its object. */
type Part = readonly [more: Labels, value: number]

interface Described {
  readonly metadata: {
    readonly name?: string
    readonly namespace?: string
    readonly creationTimestamp?: string
    readonly generation?: number
    readonly labels?: Readonly<Record<string, string>>
  }
}

/** Makes the families of one kind of object. */
export interface Collector<T> {
  /** One value an object; none where there is nothing to say. */
  readonly one: (name: string, help: string, value: (object: T) => number | undefined, type?: Family['type']) => Family
  /** Several an object. */
  readonly many: (name: string, help: string, parts: (object: T) => readonly Part[], type?: Family['type']) => Family
  /** `_created`, when an object was made. */
  readonly created: (name: string) => Family
  /** `_labels`: there are no labels in it unless kube-state-metrics is told to allow some. */
  readonly labels: (name: string) => Family
}

/** @param identify the labels that say which object it is */
export function collector<T extends Described>(objects: readonly T[], identify: (object: T) => Labels): Collector<T> {
  const known = objects.map((object) => [object, identify(object)] as const)
  const family = (name: string, help: string, type: Family['type'], samples: readonly Sample[]): Family => ({ name, help, type, samples })
  const one: Collector<T>['one'] = (name, help, value, type = 'gauge') =>
    family(
      name,
      help,
      type,
      known.flatMap(([object, labels]) => {
        const now = value(object)
        return now === undefined ? [] : [{ labels, value: now }]
      }),
    )
  return {
    one,
    many: (name, help, parts, type = 'gauge') =>
      family(
        name,
        help,
        type,
        known.flatMap(([object, labels]) => parts(object).map(([more, value]) => ({ labels: { ...labels, ...more }, value }))),
      ),
    created: (name) => one(name, '[STABLE] Unix creation timestamp', ({ metadata }) => secondsOf(metadata.creationTimestamp)),
    labels: (name) => one(name, '[STABLE] Kubernetes labels converted to Prometheus labels.', () => 1),
  }
}

/** Of an object in a namespace. @param kind the label that holds its name */
export const namespaced =
  (kind: string) =>
  ({ metadata }: Described): Labels => ({ namespace: metadata.namespace ?? '', [kind]: metadata.name ?? '' })

/** Of one that is in none. */
export const clusterWide =
  (kind: string) =>
  ({ metadata }: Described): Labels => ({ [kind]: metadata.name ?? '' })

/** Unix seconds of a time stamp. */
export function secondsOf(stamp: string | undefined): number | undefined {
  const millis = Date.parse(stamp ?? '')
  return Number.isNaN(millis) ? undefined : Math.floor(millis / 1000)
}

export const yes = (value: boolean | undefined): number => (value ? 1 : 0)

/** One of several states, each with its own series. @param label that names the state */
export const oneOf = (label: string, states: readonly string[], now: string | undefined): readonly Part[] =>
  states.map((state) => [{ [label]: state }, yes(state === now)])

/** A condition's three states. */
export function conditionParts(conditions: readonly { readonly type: string; readonly status: string }[] | undefined): readonly Part[] {
  return (conditions ?? []).flatMap(({ type, status }) =>
    ['true', 'false', 'unknown'].map((each): Part => [{ condition: type, status: each }, yes(status.toLowerCase() === each)]),
  )
}

/** Resource names and units as its labels have them. */
export function resourceLabels(resource: string): Labels {
  if (resource === 'cpu') return { resource, unit: 'core' }
  const bytes = resource === 'memory' || resource.includes('storage') || resource.startsWith('hugepages-')
  return { resource: resource.replaceAll(/[^a-zA-Z0-9_]/g, '_'), unit: bytes ? 'byte' : 'integer' }
}
