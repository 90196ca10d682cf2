import { child, children, ensure, same, text } from './draft.ts'
import { nanoOf } from './quantity.ts'
import type { RuntimeClass } from './kinds.ts'
import type { Draft, DraftValue } from './object.ts'

/**
 * What a runtime class brings to pods that name it: overhead, and where they may run.
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/plugin/pkg/admission/runtimeclass/admission.go
 * @returns why the pod is rejected; undefined when it is not
 */
export function applyRuntimeClass(spec: Draft, find: (name: string) => RuntimeClass | undefined): string | undefined {
  const name = text(spec, 'runtimeClassName')
  if (name === undefined) return undefined
  const found = find(name)
  if (!found) return `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`
  const fixed = found.overhead?.podFixed
  if (fixed) {
    if (hasOverhead(spec) && !sameAmounts(child(spec, 'overhead') ?? {}, fixed)) return MISMATCH
    spec['overhead'] = { ...fixed }
  }
  const { nodeSelector = {}, tolerations = [] } = found.scheduling ?? {}
  for (const [key, value] of Object.entries(nodeSelector)) {
    const own = child(spec, 'nodeSelector')?.[key]
    if (own !== undefined && own !== value)
      return `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${String(own)}`
    ensure(spec, 'nodeSelector')[key] = value
  }
  const known = children(spec, 'tolerations')
  const added = tolerations.filter((toleration) => !known.some((own) => same(own, { ...toleration })))
  if (added.length > 0) spec['tolerations'] = [...known, ...added.map((toleration) => ({ ...toleration }))] as DraftValue
  return undefined
}

const MISMATCH = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"

/** That nobody but a runtime class says what a pod costs besides its containers. @returns why it is rejected */
export function overheadRefusal(spec: Draft, found: RuntimeClass | undefined): string | undefined {
  const fixed = found?.overhead?.podFixed
  if (fixed) return sameAmounts(child(spec, 'overhead') ?? {}, fixed) ? undefined : MISMATCH
  return hasOverhead(spec) ? 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead' : undefined
}

function hasOverhead(spec: Draft): boolean {
  return Object.keys(child(spec, 'overhead') ?? {}).length > 0
}

function sameAmounts(some: object, others: object): boolean {
  const amounts = (of: object) =>
    Object.entries(of)
      .map(([name, amount]) => `${name}=${nanoOf(String(amount))}`)
      .toSorted()
  return same(amounts(some), amounts(others))
}
