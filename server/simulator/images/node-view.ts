import type { Api } from '../api/door.ts'
import type { NodeContainer, NodeMessage, NodeView } from '../shell/node-view.ts'
import type { SimulatedContainer } from './container.ts'

/** A node from the inside, worked out when it is asked. */
export function nodeView(api: Api, name: string, containers: (node: string) => readonly SimulatedContainer[], now: () => number): NodeView {
  const node = api.get('Node', undefined, name)
  return {
    name,
    kubelet: node?.status?.nodeInfo?.kubeletVersion ?? 'v1.36.2',
    startedAt: Date.parse(node?.metadata.creationTimestamp ?? '') || now(),
    containers: () => containers(name).map((container) => described(container, now())),
    kernel: () => kills(api, name),
    journal: () => journal(api, name),
  }
}

function described(container: SimulatedContainer, now: number): NodeContainer {
  const { pod, container: spec, restartCount } = container.config
  const { startedAt, memoryBytes } = container.usage(now)
  return {
    id: container.id.replace('containerd://', ''),
    name: spec.name,
    image: spec.image ?? '',
    state: container.running ? 'Running' : 'Exited',
    createdAt: startedAt,
    attempt: restartCount,
    podUid: pod.metadata.uid ?? '',
    pod: pod.metadata.name ?? '',
    namespace: pod.metadata.namespace ?? '',
    cpu: container.cpuCores(now),
    memoryBytes: container.running ? memoryBytes : 0,
    log: (tail) => container.logs.read({ timestamps: false, ...(tail === undefined ? {} : { tailLines: tail }) }),
  }
}

/** In the kernel's words. Source: Linux mm/oom_kill.c */
function kills(api: Api, node: string): readonly NodeMessage[] {
  const messages = api.list('Pod').flatMap((pod) => {
    if (pod.spec?.nodeName !== node) return []
    return (pod.status?.containerStatuses ?? []).flatMap(({ name, state, lastState }) =>
      [lastState?.terminated, state?.terminated].flatMap((ended): readonly NodeMessage[] => {
        if (ended?.reason !== 'OOMKilled') return []
        const at = Date.parse(ended.finishedAt ?? '') || 0
        const limit = pod.spec?.containers.find((each) => each.name === name)?.resources?.limits?.['memory'] ?? ''
        const group = `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${(pod.metadata.uid ?? '').replaceAll('-', '_')}.slice`
        return [
          { at, text: `${name} invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=985` },
          {
            at,
            text: `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=${group},task=${name},limit=${limit}`,
          },
          {
            at,
            text: `Memory cgroup out of memory: Killed process (${name}) in pod ${pod.metadata.namespace}/${pod.metadata.name}, oom_score_adj:985`,
          },
        ]
      }),
    )
  })
  return messages.toSorted((a, b) => a.at - b.at)
}

/** The kubelet logs each event that it sends. Source: kubernetes staging/src/k8s.io/client-go/tools/record/event.go */
function journal(api: Api, node: string): readonly NodeMessage[] {
  return api
    .list('Event')
    .filter(({ source }) => source?.component === 'kubelet' && source.host === node)
    .map(({ lastTimestamp, eventTime, involvedObject, type, reason, message }) => ({
      at: Date.parse(lastTimestamp ?? eventTime ?? '') || 0,
      text: `event.go:389] "Event occurred" object="${involvedObject?.namespace ? `${involvedObject.namespace}/` : ''}${involvedObject?.name ?? ''}" fieldPath="${involvedObject?.fieldPath ?? ''}" kind="${involvedObject?.kind ?? ''}" apiVersion="v1" type="${type ?? ''}" reason="${reason ?? ''}" message=${JSON.stringify(message ?? '')}`,
    }))
    .toSorted((a, b) => a.at - b.at)
}
