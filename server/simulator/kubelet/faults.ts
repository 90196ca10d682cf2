import type { Api } from '../api/door.ts'
import { injectNetworkFault } from '../network/links.ts'
import type { NetworkFault } from '../network/links.ts'
import type { Node } from '../resources/kinds.ts'

/** What can be made to go wrong with a node, as the annotation on it says. Documented in `manifests/simulator/README.md`. */
export type NodeFault = 'not-ready' | 'unreachable' | 'disk-pressure' | 'memory-pressure' | 'pid-pressure'

/** Names faults, separated by commas. */
const faultAnnotation = 'simulator.deckhand.dev/fault'
/** Names images that the node finds in no registry any more, separated by commas. */
const missingAnnotation = 'simulator.deckhand.dev/missing-images'

const known: readonly string[] = ['not-ready', 'unreachable', 'disk-pressure', 'memory-pressure', 'pid-pressure']

function listOf(node: Node | undefined, annotation: string): string[] {
  const text = node?.metadata.annotations?.[annotation] ?? ''
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

/** What is wrong with the node on purpose. Words that are no fault do nothing. */
export function faultsOf(node: Node | undefined): ReadonlySet<NodeFault> {
  return new Set(listOf(node, faultAnnotation).filter((one): one is NodeFault => known.includes(one)))
}

/** The node's kubelet does not act: it is gone, or its container runtime is. */
export function isFrozen(node: Node | undefined): boolean {
  const faults = faultsOf(node)
  return faults.has('not-ready') || faults.has('unreachable')
}

/** Whether the registry answers this node that there is no such image. */
export function isMissing(node: Node | undefined, image: string): boolean {
  return listOf(node, missingAnnotation).includes(image)
}

/** A fault as a program asks for it; a person writes the annotation. */
export type Fault =
  | { readonly fault: NodeFault; readonly node: string }
  /** On every node. */
  | { readonly fault: 'missing-image'; readonly image: string }
  | NetworkFault

/** Brings a fault about, by the annotation that stands for it. @returns heals it */
export function injectFault(api: Api, fault: Fault): () => void {
  if (fault.fault === 'network') return injectNetworkFault(api, fault)
  const nodes = 'node' in fault ? [fault.node] : api.list('Node').map((node) => node.metadata.name ?? '')
  const [annotation, word] = 'node' in fault ? [faultAnnotation, fault.fault] : [missingAnnotation, fault.image]
  const set = (present: boolean): void => {
    for (const name of nodes) {
      api.modify('Node', undefined, name, (node) => {
        const words = listOf(node, annotation).filter((one) => one !== word)
        const { [annotation]: _old, ...rest } = node.metadata.annotations ?? {}
        const value = [...words, ...(present ? [word] : [])].join(',')
        return { ...node, metadata: { ...node.metadata, annotations: value === '' ? rest : { ...rest, [annotation]: value } } }
      })
    }
  }
  set(true)
  return () => set(false)
}
