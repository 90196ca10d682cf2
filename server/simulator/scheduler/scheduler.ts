import { rfc3339 } from '../../kernel/clock.ts'
import type { Api } from '../api/door.ts'
import { isAvailableFor } from '../controllers/volume-binder.ts'
import { createEventRecorder } from '../controllers/event-recorder.ts'
import type { EventRecorder } from '../controllers/event-recorder.ts'
import { isDeleting, isPodFinished, keyOf, nameOf, namespaceOf } from '../controllers/objects.ts'
import { Pace } from '../controllers/pace.ts'
import type { Platform } from '../platform.ts'
import type { Node, NodeSelector, PersistentVolumeClaim, Pod } from '../resources/kinds.ts'
import { termMatches, whyNot } from './filters.ts'
import type { Snapshot } from './filters.ts'
import { awaitsVictims, preempt } from './preemption.ts'
import type { Verdict } from './preemption.ts'
import { score } from './score.ts'
import { claimSentence, refusalSentence } from './sentence.ts'

const schedulerName = 'default-scheduler'

/**
 * Gives pods their nodes. A pod that fits nowhere waits until something changes that could help it:
 * nothing is polled. https://kubernetes.io/docs/concepts/scheduling-eviction/kube-scheduler/
 * @returns stops it
 */
export function startScheduler(api: Api, platform: Platform): () => void {
  const record = createEventRecorder(api, platform, {
    component: schedulerName,
    host: api.list('Node')[0]?.metadata.name ?? '',
    modern: true,
  })
  const active = new Set<string>()
  const waiting = new Map<string, string>()
  const pace = new Pace(platform.clock)
  let scheduled = false
  let stopped = false

  const wake = (): void => {
    if (scheduled || stopped) return
    scheduled = true
    pace.soon(() => {
      scheduled = false
      drain()
    })
  }
  const retry = (): void => {
    for (const key of waiting.keys()) active.add(key)
    if (active.size > 0) wake()
  }
  const drain = (): void => {
    const keys = [...active]
    active.clear()
    const pods = keys.map((key) => podByKey(api, key)).filter((pod) => pod !== undefined)
    // Higher priority first; among equals those that were there first.
    const sorted = pods.toSorted((a, b) => (b.spec?.priority ?? 0) - (a.spec?.priority ?? 0))
    for (const [index, pod] of sorted.entries()) {
      if (stopped) return
      if (pace.isLong()) {
        for (const left of sorted.slice(index)) active.add(keyOf(left))
        return wake()
      }
      try {
        const refusal = schedule(api, platform, record, pod, waiting.get(keyOf(pod)))
        if (refusal === undefined) waiting.delete(keyOf(pod))
        else waiting.set(keyOf(pod), refusal)
      } catch (error) {
        platform.report(error)
      }
    }
  }

  const ends = [
    api.watch('Pod', ({ type, object }) => {
      const key = keyOf(object)
      if (type === 'DELETED') waiting.delete(key)
      if (type !== 'DELETED' && isMine(object)) {
        if (!waiting.has(key) || object.metadata.generation !== object.status?.observedGeneration) {
          active.add(key)
          wake()
        }
      } else if (waiting.size > 0 && (type === 'DELETED' || isPodFinished(object) || object.spec?.nodeName)) retry()
    }),
    api.watch('Node', retry),
    api.watch('PersistentVolumeClaim', retry),
    api.watch('PersistentVolume', retry),
    api.watch('StorageClass', retry),
  ]
  return () => {
    stopped = true
    for (const end of ends) end()
  }
}

const isMine = (pod: Pod): boolean =>
  !pod.spec?.nodeName && !isDeleting(pod) && !isPodFinished(pod) && (pod.spec?.schedulerName ?? schedulerName) === schedulerName

function podByKey(api: Api, key: string): Pod | undefined {
  const [namespace, name = ''] = key.split('/')
  const pod = api.get('Pod', namespace, name)
  return pod && isMine(pod) ? pod : undefined
}

/** @param before what it was refused with last time @returns why it has to wait, or undefined when it has a node */
function schedule(api: Api, platform: Platform, record: EventRecorder, pod: Pod, before: string | undefined): string | undefined {
  if ((pod.spec?.schedulingGates ?? []).length > 0) {
    setUnscheduled(api, platform, pod, 'SchedulingGated', 'Scheduling is blocked due to non-empty scheduling gates')
    return 'gated'
  }
  const nodes = api.list('Node')
  const volumes = volumesOf(api, pod)
  if (volumes.why !== undefined) return refuse(api, platform, record, pod, claimSentence(nodes.length, volumes.why), before)
  const snapshot: Snapshot = {
    nodes,
    pods: placed(api, pod),
    volumeNodes: volumes.selectors,
    exclusiveClaims: exclusiveOf(api, pod),
    volumeless: (node) => volumes.unprovisioned.some((claim) => !offers(api, claim, node)),
    namespaceLabels: (name) => api.get('Namespace', undefined, name)?.metadata.labels,
  }
  const verdicts = nodes.map((node) => ({ node, misfit: whyNot(pod, node, snapshot) }))
  const fitting = verdicts.filter((one) => !one.misfit).map((one) => one.node)
  const best = fitting
    .map((node) => ({ node, score: score(pod, node, snapshot), tie: platform.random() }))
    .toSorted((a, b) => b.score - a.score || a.tie - b.tie)[0]
  if (!best) {
    const refusals = verdicts.flatMap(({ node, misfit }) => (misfit ? [{ node, misfit }] : []))
    return makeRoom({ api, platform, record, pod, snapshot }, refusals, before)
  }
  const node = nameOf(best.node)
  if (!selectNode(api, volumes.waitingForConsumer, pod, node)) return 'binding volumes'
  api.bind(namespaceOf(pod), nameOf(pod), node)
  record(pod, { type: 'Normal', reason: 'Scheduled', action: 'Binding', message: `Successfully assigned ${keyOf(pod)} to ${node}` })
  return undefined
}

/** The pods that nodes have, and those that a node is promised to: nobody less important takes their place. */
function placed(api: Api, pod: Pod): Pod[] {
  return api.list('Pod').flatMap((one) => {
    if (one.spec?.nodeName) return [one]
    const node = one.status?.nominatedNodeName
    const promised =
      node && one.metadata.uid !== pod.metadata.uid && !isDeleting(one) && (one.spec?.priority ?? 0) >= (pod.spec?.priority ?? 0)
    return promised ? [{ ...one, spec: { containers: [], ...one.spec, nodeName: node } }] : []
  })
}

interface Attempt {
  readonly api: Api
  readonly platform: Platform
  readonly record: EventRecorder
  readonly pod: Pod
  readonly snapshot: Snapshot
}

/** Evicts less important pods for one that fits nowhere, where that helps. @returns what it waits for */
function makeRoom({ api, platform, record, pod, snapshot }: Attempt, refusals: readonly Verdict[], before: string | undefined): string {
  if (before !== undefined && awaitsVictims(pod, snapshot.pods)) return before
  const misfits = refusals.map((one) => one.misfit)
  if (pod.spec?.preemptionPolicy === 'Never') return refuse(api, platform, record, pod, refusalSentence(misfits, 'never'), before)
  const bound = snapshot.pods.filter((one) => !one.status?.nominatedNodeName || one.status.podIP !== undefined)
  const found = preempt(pod, refusals, { ...snapshot, pods: bound }, api.list('PodDisruptionBudget'))
  if (!found.node) return refuse(api, platform, record, pod, refusalSentence(misfits, found.reasons), before)
  const node = nameOf(found.node)
  for (const victim of found.victims) {
    const message = `${schedulerName}: preempting to accommodate a higher priority pod`
    setCondition(api, platform, victim, { type: 'DisruptionTarget', status: 'True', reason: 'PreemptionByScheduler', message })
    api.delete('Pod', namespaceOf(victim), nameOf(victim))
    record(victim, {
      type: 'Normal',
      reason: 'Preempted',
      action: 'Preempting',
      message: `Preempted by pod ${pod.metadata.uid ?? ''} on node ${node}`,
    })
  }
  const told = refuse(api, platform, record, pod, refusalSentence(misfits, 'found'), before)
  api.modifyStatus('Pod', namespaceOf(pod), nameOf(pod), (current) => ({
    ...current,
    status: { ...current.status, nominatedNodeName: node },
  }))
  return told
}

/** Tells the volume binder which node a claim that waited for its first consumer shall be for. @returns true when nothing has to wait */
function selectNode(api: Api, claims: readonly string[], pod: Pod, node: string): boolean {
  for (const name of claims) {
    api.modify('PersistentVolumeClaim', namespaceOf(pod), name, (claim) => {
      const annotations = { ...claim.metadata.annotations, 'volume.kubernetes.io/selected-node': node }
      return claim.metadata.annotations?.['volume.kubernetes.io/selected-node'] === node
        ? undefined
        : { ...claim, metadata: { ...claim.metadata, annotations } }
    })
  }
  return claims.length === 0
}

function refuse(api: Api, platform: Platform, record: EventRecorder, pod: Pod, message: string, before: string | undefined): string {
  if (message === before) return message
  record(pod, { type: 'Warning', reason: 'FailedScheduling', action: 'Scheduling', message })
  setUnscheduled(api, platform, pod, 'Unschedulable', message)
  return message
}

function setUnscheduled(api: Api, platform: Platform, pod: Pod, reason: string, message: string): void {
  setCondition(api, platform, pod, { type: 'PodScheduled', status: 'False', reason, message })
}

function setCondition(
  api: Api,
  platform: Platform,
  pod: Pod,
  said: { type: string; status: string; reason: string; message: string },
): void {
  api.modifyStatus('Pod', namespaceOf(pod), nameOf(pod), (current) => {
    const conditions = current.status?.conditions ?? []
    const old = conditions.find((one) => one.type === said.type)
    if (old?.reason === said.reason && old.message === said.message) return undefined
    const lastTransitionTime = old?.status === said.status ? old.lastTransitionTime : rfc3339(platform.clock.now())
    const condition = { ...said, lastTransitionTime, observedGeneration: current.metadata.generation, lastProbeTime: undefined }
    return { ...current, status: { ...current.status, conditions: [...conditions.filter((one) => one.type !== said.type), condition] } }
  })
}

interface PodVolumes {
  /** Why no node can run the pod, if its claims say so. */
  readonly why?: string
  readonly selectors: readonly NodeSelector[]
  readonly waitingForConsumer: readonly string[]
  /** Claims that only a volume that is there already can serve. */
  readonly unprovisioned: readonly PersistentVolumeClaim[]
}

/** Whether a volume that this node reaches waits for such a claim. */
function offers(api: Api, claim: PersistentVolumeClaim, node: Node): boolean {
  return api.list('PersistentVolume').some((volume) => {
    const required = volume.spec?.nodeAffinity?.required
    const reachable = !required || required.nodeSelectorTerms.some((term) => termMatches(term, node))
    return reachable && isAvailableFor(volume, claim)
  })
}

function exclusiveOf(api: Api, pod: Pod): string[] {
  const names = (pod.spec?.volumes ?? []).flatMap(({ persistentVolumeClaim: claim }) => (claim ? [claim.claimName] : []))
  return names.filter((name) => api.get('PersistentVolumeClaim', namespaceOf(pod), name)?.spec?.accessModes?.includes('ReadWriteOncePod'))
}

function volumesOf(api: Api, pod: Pod): PodVolumes {
  const selectors: NodeSelector[] = []
  const waitingForConsumer: string[] = []
  const unprovisioned: PersistentVolumeClaim[] = []
  for (const volume of pod.spec?.volumes ?? []) {
    const name = volume.persistentVolumeClaim?.claimName ?? (volume.ephemeral ? `${nameOf(pod)}-${volume.name}` : undefined)
    if (name === undefined) continue
    const claim = api.get('PersistentVolumeClaim', namespaceOf(pod), name)
    if (!claim) return { why: `persistentvolumeclaim "${name}" not found`, selectors, waitingForConsumer, unprovisioned }
    if (claim.status?.phase === 'Lost')
      return {
        why: `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec?.volumeName ?? ''}"`,
        selectors,
        waitingForConsumer,
        unprovisioned,
      }
    if (isDeleting(claim)) return { why: `persistentvolumeclaim "${name}" is being deleted`, selectors, waitingForConsumer, unprovisioned }
    if (claim.status?.phase === 'Bound') {
      const required = api.get('PersistentVolume', undefined, claim.spec?.volumeName ?? '')?.spec?.nodeAffinity?.required
      if (required) selectors.push(required)
      continue
    }
    const storageClass = api.get('StorageClass', undefined, claim.spec?.storageClassName ?? '')
    if (storageClass?.volumeBindingMode !== 'WaitForFirstConsumer')
      return { why: 'pod has unbound immediate PersistentVolumeClaims', selectors, waitingForConsumer, unprovisioned }
    if (storageClass.provisioner === 'kubernetes.io/no-provisioner') unprovisioned.push(claim)
    waitingForConsumer.push(name)
  }
  return { selectors, waitingForConsumer, unprovisioned }
}
