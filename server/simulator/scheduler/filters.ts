import type {
  Node,
  NodeSelector,
  NodeSelectorTerm,
  Pod,
  PodAffinityTerm,
  Taint,
  Toleration,
  TopologySpreadConstraint,
} from '../resources/kinds.ts'
import { amountOf } from '../controllers/quantity.ts'
import { isPodActive, isPodFinished, nameOf, namespaceOf } from '../controllers/objects.ts'
import { requirementHolds, selects } from '../controllers/selectors.ts'

/** What the filters look at: nodes, the pods on them, and the claims' demands on the node. */
export interface Snapshot {
  readonly nodes: readonly Node[]
  readonly pods: readonly Pod[]
  /** Node selectors of the persistent volumes that the pod's claims are bound to. */
  readonly volumeNodes: readonly NodeSelector[]
  /** Names of the pod's claims that only one pod at a time may use. */
  readonly exclusiveClaims?: readonly string[]
  /** Nodes that reach none of the volumes that wait for the pod's claims. */
  readonly volumeless?: (node: Node) => boolean
  readonly namespaceLabels: (namespace: string) => { readonly [key: string]: string } | undefined
}

/** Why a pod does not fit on one node. `helpless`: not even evicting others would help. */
export interface Misfit {
  readonly reasons: readonly string[]
  readonly helpless: boolean
}

const misfit = (reason: string, helpless: boolean): Misfit => ({ reasons: [reason], helpless })

type Filter = (pod: Pod, node: Node, snapshot: Snapshot) => Misfit | undefined

/** In the order of the scheduler's own plugins: the first that refuses a node gives the reason. */
const filters: readonly Filter[] = [
  unschedulable,
  named,
  tainted,
  unattracted,
  portTaken,
  tooSmall,
  volumeTaken,
  volumeElsewhere,
  unevenlySpread,
  againstAffinity,
]

/** @returns undefined when the pod fits on the node */
export function whyNot(pod: Pod, node: Node, snapshot: Snapshot): Misfit | undefined {
  for (const filter of filters) {
    const found = filter(pod, node, snapshot)
    if (found) return found
  }
  return undefined
}

const podsOn = (node: Node, snapshot: Snapshot): readonly Pod[] =>
  snapshot.pods.filter((pod) => pod.spec?.nodeName === nameOf(node) && !isPodFinished(pod))

/** https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/ */
export function tolerates(tolerations: readonly Toleration[] | undefined, taint: Taint): boolean {
  return (tolerations ?? []).some((one) => {
    if (one.effect && one.effect !== taint.effect) return false
    if (one.key && one.key !== taint.key) return false
    return one.operator === 'Exists' || (one.key === taint.key && (one.value ?? '') === (taint.value ?? ''))
  })
}

function unschedulable(pod: Pod, node: Node): Misfit | undefined {
  if (!node.spec?.unschedulable) return undefined
  const taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }
  return tolerates(pod.spec?.tolerations, taint) ? undefined : misfit('node(s) were unschedulable', true)
}

function named(pod: Pod, node: Node): Misfit | undefined {
  const wanted = pod.spec?.nodeName
  return !wanted || wanted === nameOf(node) ? undefined : misfit("node(s) didn't match the requested node name", true)
}

function tainted(pod: Pod, node: Node): Misfit | undefined {
  const hard = (node.spec?.taints ?? []).filter((taint) => taint.effect === 'NoSchedule' || taint.effect === 'NoExecute')
  return hard.some((taint) => !tolerates(pod.spec?.tolerations, taint)) ? misfit('node(s) had untolerated taint(s)', true) : undefined
}

export function termMatches(term: NodeSelectorTerm, node: Node): boolean {
  const expressions = term.matchExpressions ?? []
  const fields = term.matchFields ?? []
  if (expressions.length + fields.length === 0) return false
  return (
    expressions.every((one) => requirementHolds(one, node.metadata.labels?.[one.key])) &&
    fields.every((one) => one.key === 'metadata.name' && requirementHolds(one, nameOf(node)))
  )
}

/** Whether the pod's `nodeSelector` and required node affinity allow the node. */
export function isAttracted(pod: Pod, node: Node): boolean {
  const labels = node.metadata.labels ?? {}
  const selected = Object.entries(pod.spec?.nodeSelector ?? {}).every(([key, value]) => labels[key] === value)
  const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  return selected && (!required || required.nodeSelectorTerms.some((term) => termMatches(term, node)))
}

function unattracted(pod: Pod, node: Node): Misfit | undefined {
  return isAttracted(pod, node) ? undefined : misfit("node(s) didn't match Pod's node affinity/selector", true)
}

function hostPorts(pod: Pod): { readonly port: number; readonly protocol: string; readonly ip: string }[] {
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? []).filter((one) => one.restartPolicy === 'Always')]
  return containers
    .flatMap((container) => container.ports ?? [])
    .filter((port) => (port.hostPort ?? 0) > 0)
    .map((port) => ({ port: port.hostPort ?? 0, protocol: port.protocol ?? 'TCP', ip: port.hostIP || '0.0.0.0' }))
}

/** Whether one of the others has a host port that the pod wants. */
export function portsClash(pod: Pod, others: readonly Pod[]): boolean {
  const wanted = hostPorts(pod)
  if (wanted.length === 0) return false
  const taken = others.flatMap(hostPorts)
  return wanted.some((want) =>
    taken.some(
      (has) =>
        has.port === want.port && has.protocol === want.protocol && (has.ip === want.ip || has.ip === '0.0.0.0' || want.ip === '0.0.0.0'),
    ),
  )
}

function portTaken(pod: Pod, node: Node, snapshot: Snapshot): Misfit | undefined {
  if (hostPorts(pod).length === 0) return undefined
  const clash = portsClash(pod, podsOn(node, snapshot))
  return clash ? misfit("node(s) didn't have free ports for the requested pod ports", false) : undefined
}

/** What a pod asks for: its containers together, or its largest init container if that is more. */
export function requestsOf(pod: Pod): ReadonlyMap<string, number> {
  const total = new Map<string, number>()
  const add = (name: string, value: number): void => void total.set(name, (total.get(name) ?? 0) + value)
  for (const container of pod.spec?.containers ?? []) {
    for (const [name, quantity] of Object.entries(container.resources?.requests ?? {})) add(name, amountOf(quantity))
  }
  for (const init of pod.spec?.initContainers ?? []) {
    for (const [name, quantity] of Object.entries(init.resources?.requests ?? {})) {
      if (init.restartPolicy === 'Always') add(name, amountOf(quantity))
      else total.set(name, Math.max(total.get(name) ?? 0, amountOf(quantity)))
    }
  }
  for (const [name, quantity] of Object.entries(pod.spec?.overhead ?? {})) add(name, amountOf(quantity))
  return total
}

function tooSmall(pod: Pod, node: Node, snapshot: Snapshot): Misfit | undefined {
  const others = podsOn(node, snapshot)
  const allocatable = node.status?.allocatable ?? {}
  const reasons: string[] = []
  let helpless = true
  if (others.length + 1 > amountOf(allocatable['pods'])) {
    reasons.push('Too many pods')
    helpless = false
  }
  for (const [name, wanted] of requestsOf(pod)) {
    if (wanted === 0) continue
    const has = amountOf(allocatable[name])
    const used = others.reduce((sum, other) => sum + (requestsOf(other).get(name) ?? 0), 0)
    if (used + wanted <= has) continue
    reasons.push(`Insufficient ${name}`)
    if (wanted <= has) helpless = false
  }
  return reasons.length > 0 ? { reasons, helpless } : undefined
}

/** https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes */
function volumeTaken(pod: Pod, _node: Node, snapshot: Snapshot): Misfit | undefined {
  const claims = snapshot.exclusiveClaims ?? []
  if (claims.length === 0) return undefined
  const taken = snapshot.pods.some(
    (other) =>
      namespaceOf(other) === namespaceOf(pod) &&
      !isPodFinished(other) &&
      (other.spec?.volumes ?? []).some(({ persistentVolumeClaim: claim }) => claim && claims.includes(claim.claimName)),
  )
  return taken ? misfit('node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode', false) : undefined
}

function volumeElsewhere(_pod: Pod, node: Node, snapshot: Snapshot): Misfit | undefined {
  const reachable = snapshot.volumeNodes.every((selector) => selector.nodeSelectorTerms.some((term) => termMatches(term, node)))
  if (!reachable) return misfit("node(s) didn't match PersistentVolume's node affinity", true)
  return snapshot.volumeless?.(node) ? misfit("node(s) didn't find available persistent volumes to bind", true) : undefined
}

/** How many matching pods each value of a topology key has, over the nodes that the pod could go to. */
export function spreadOf(pod: Pod, constraint: TopologySpreadConstraint, snapshot: Snapshot): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  const domainOf = new Map<string, string>()
  for (const node of snapshot.nodes) {
    const domain = node.metadata.labels?.[constraint.topologyKey]
    if (domain === undefined || !isAttracted(pod, node)) continue
    domainOf.set(nameOf(node), domain)
    counts.set(domain, counts.get(domain) ?? 0)
  }
  for (const other of snapshot.pods) {
    const domain = domainOf.get(other.spec?.nodeName ?? '')
    if (domain === undefined || namespaceOf(other) !== namespaceOf(pod) || !isPodActive(other)) continue
    if (selects(constraint.labelSelector, other.metadata.labels)) counts.set(domain, (counts.get(domain) ?? 0) + 1)
  }
  return counts
}

function unevenlySpread(pod: Pod, node: Node, snapshot: Snapshot): Misfit | undefined {
  const hard = (pod.spec?.topologySpreadConstraints ?? []).filter((one) => one.whenUnsatisfiable === 'DoNotSchedule')
  for (const constraint of hard) {
    const domain = node.metadata.labels?.[constraint.topologyKey]
    if (domain === undefined) return misfit("node(s) didn't match pod topology spread constraints (missing required label)", true)
    const counts = spreadOf(pod, constraint, snapshot)
    const fewest = counts.size < (constraint.minDomains ?? 1) ? 0 : Math.min(...counts.values())
    const self = selects(constraint.labelSelector, pod.metadata.labels) ? 1 : 0
    if ((counts.get(domain) ?? 0) + self - fewest > constraint.maxSkew)
      return misfit("node(s) didn't match pod topology spread constraints", false)
  }
  return undefined
}

/** Whether `other` is one that `term`, written in a pod of `namespace`, speaks of. */
export function termSelects(term: PodAffinityTerm, namespace: string, other: Pod, snapshot: Snapshot): boolean {
  const named = term.namespaces ?? []
  const inNamespace =
    named.length === 0 && !term.namespaceSelector
      ? namespaceOf(other) === namespace
      : named.includes(namespaceOf(other)) || selects(term.namespaceSelector, snapshot.namespaceLabels(namespaceOf(other)))
  return inNamespace && selects(term.labelSelector, other.metadata.labels)
}

/** Whether a pod that `term` speaks of runs in the same topology domain as `node`. */
export function hasCompany(term: PodAffinityTerm, pod: Pod, node: Node, snapshot: Snapshot): boolean {
  const domain = node.metadata.labels?.[term.topologyKey]
  if (domain === undefined) return false
  const near = new Set(snapshot.nodes.filter((one) => one.metadata.labels?.[term.topologyKey] === domain).map(nameOf))
  return snapshot.pods.some(
    (other) => !isPodFinished(other) && near.has(other.spec?.nodeName ?? '') && termSelects(term, namespaceOf(pod), other, snapshot),
  )
}

function againstAffinity(pod: Pod, node: Node, snapshot: Snapshot): Misfit | undefined {
  const wanted = pod.spec?.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []
  for (const term of wanted) {
    if (hasCompany(term, pod, node, snapshot)) continue
    // The first of a group that wants its own company may go anywhere.
    const alone = !snapshot.pods.some((other) => other.spec?.nodeName && termSelects(term, namespaceOf(pod), other, snapshot))
    const first = alone && termSelects(term, namespaceOf(pod), pod, snapshot) && node.metadata.labels?.[term.topologyKey] !== undefined
    if (!first) return misfit("node(s) didn't match pod affinity rules", true)
  }
  const avoided = pod.spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []
  if (avoided.some((term) => hasCompany(term, pod, node, snapshot))) return misfit("node(s) didn't match pod anti-affinity rules", false)
  return isUnwelcome(pod, node, snapshot) ? misfit("node(s) didn't satisfy existing pods anti-affinity rules", false) : undefined
}

function isUnwelcome(pod: Pod, node: Node, snapshot: Snapshot): boolean {
  return snapshot.pods.some((other) => {
    const terms = other.spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution
    if (!terms || isPodFinished(other)) return false
    const home = snapshot.nodes.find((one) => nameOf(one) === other.spec?.nodeName)
    return terms.some((term) => {
      const domain = home?.metadata.labels?.[term.topologyKey]
      return (
        domain !== undefined && domain === node.metadata.labels?.[term.topologyKey] && termSelects(term, namespaceOf(other), pod, snapshot)
      )
    })
  })
}
