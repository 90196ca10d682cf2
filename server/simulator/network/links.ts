import type { Api } from '../api/door.ts'
import type { ObjectMeta } from '../resources/kinds.ts'
import type { Party } from './policy.ts'

/** How a packet fares between two places. */
export interface Link {
  /** Milliseconds there and back, on top of the usual. */
  readonly latency: number
  /** The share of round trips that is lost, 0 to 1. */
  readonly loss: number
}

/**
 * What is wrong with the network at a Node, a Pod or a Service, on purpose: `latency=200ms,loss=5%`, on nodes also
 * `to=OTHER-NODE` (several separated by `;`). Documented in `manifests/simulator/README.md`.
 */
export const networkAnnotation = 'simulator.deckhand.dev/network'

interface Trouble extends Link {
  readonly to: string | undefined
}

const parsed = new Map<string, readonly Trouble[]>()

/** Words that are no trouble do nothing. */
function troublesOf(text: string): readonly Trouble[] {
  const known = parsed.get(text)
  if (known) return known
  const made = text.split(';').map((part): Trouble => {
    const words = new Map(
      part.split(',').map((word): [string, string] => {
        const [key = '', value = ''] = word.trim().split('=', 2)
        return [key, value]
      }),
    )
    const latency = /^(\d+(?:\.\d+)?)(ms|s)?$/.exec(words.get('latency') ?? '')
    const loss = /^(\d+(?:\.\d+)?)%$/.exec(words.get('loss') ?? '')
    return {
      latency: latency ? Math.min(Number(latency[1]) * (latency[2] === 's' ? 1000 : 1), 600_000) : 0,
      loss: loss ? Math.min(Number(loss[1]) / 100, 1) : 0,
      to: words.get('to'),
    }
  })
  // Annotations are people's: only a few are worth remembering.
  if (parsed.size > 200) parsed.clear()
  parsed.set(text, made)
  return made
}

const at = (metadata: ObjectMeta | undefined): readonly Trouble[] => {
  const text = metadata?.annotations?.[networkAnnotation]
  return text === undefined ? [] : troublesOf(text)
}

/** Both ends, their nodes when they differ, and the service in between. */
export function linkBetween(api: Api, from: Party, to: Party, nodes: readonly (string | undefined)[], service?: ObjectMeta): Link {
  const [near, far] = nodes
  const crossing = near !== far
  const ofNode = (name: string | undefined, other: string | undefined) =>
    crossing && name !== undefined
      ? at(api.get('Node', undefined, name)?.metadata).filter((each) => each.to === undefined || each.to === other)
      : []
  const troubles = [
    ...at(freshest(api, from)),
    ...(from.ip === to.ip ? [] : at(freshest(api, to))),
    ...ofNode(near, far),
    ...ofNode(far, near),
    ...at(service),
  ]
  return {
    latency: troubles.reduce((sum, each) => sum + each.latency, crossing ? 0.3 : 0),
    loss: 1 - troubles.reduce((arrives, each) => arrives * (1 - each.loss), 1),
  }
}

/** A running container knows its pod as it was when it began; annotations come later. */
function freshest(api: Api, { pod }: Party): ObjectMeta | undefined {
  return pod && (api.get('Pod', pod.metadata.namespace, pod.metadata.name ?? '') ?? pod).metadata
}

/** Trouble as a program asks for it; a person writes the annotation. */
export interface NetworkFault {
  readonly fault: 'network'
  readonly at: { readonly kind: 'Node' | 'Pod' | 'Service'; readonly namespace?: string; readonly name: string }
  readonly latencyMillis?: number
  /** 0 to 1 */
  readonly loss?: number
}

/** Slows a place down, or loses what goes there. A DNS outage is `loss: 1` at the Service `kube-dns`. @returns heals it */
export function injectNetworkFault(api: Api, { at: place, latencyMillis = 0, loss = 0 }: NetworkFault): () => void {
  const set = (text: string | undefined): void => {
    api.modify(place.kind, place.namespace, place.name, (object) => {
      const { [networkAnnotation]: _old, ...rest } = object.metadata.annotations ?? {}
      const annotations = text === undefined ? rest : { ...rest, [networkAnnotation]: text }
      return { ...object, metadata: { ...object.metadata, annotations } }
    })
  }
  set(`latency=${latencyMillis}ms,loss=${loss * 100}%`)
  return () => set(undefined)
}
