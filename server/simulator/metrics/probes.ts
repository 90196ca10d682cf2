import { counter } from './families.ts'
import { podsOf } from './node-usage.ts'
import type { SimulatedContainer } from '../images/container.ts'
import type { Node, Probe } from '../resources/kinds.ts'
import type { Family, Labels } from './exposition.ts'

const kinds = [
  ['Liveness', 'livenessProbe'],
  ['Readiness', 'readinessProbe'],
  ['Startup', 'startupProbe'],
] as const

/** A kubelet's /metrics/probes. */
export function probesPage(node: Node, containers: readonly SimulatedContainer[], at: number): Family[] {
  const rows = podsOf(containers, node.metadata.name).flatMap(({ pod, containers: inside }) =>
    inside.flatMap((container) =>
      kinds.flatMap(([kind, field]): (readonly [Labels, number])[] => {
        const probe = container.config.container[field]
        if (!probe) return []
        const { name = '', namespace = '', uid = '' } = pod.metadata
        const labels = { container: container.config.container.name, namespace, pod: name, pod_uid: uid, probe_type: kind }
        const { successful, failed } = namespace === 'kube-system' ? assumed(probe, container, kind, at) : container.probed(kind)
        return [
          [{ ...labels, result: 'successful' }, successful],
          ...(failed > 0 ? [[{ ...labels, result: 'failed' }, failed] as const] : []),
        ]
      }),
    ),
  )
  return [
    counter('prober_probe_total', '[BETA] Cumulative number of a liveness, readiness or startup probe for a container by result.', rows),
  ]
}

/** The system's own probes end with their first success (nothing ticks); a kubelet would have gone on. */
function assumed(
  probe: Probe,
  container: SimulatedContainer,
  kind: string,
  at: number,
): { readonly successful: number; readonly failed: number } {
  const seconds = (at - container.usage(at).startedAt) / 1000 - (probe.initialDelaySeconds ?? 0) - 1
  if (seconds < 0) return { successful: 0, failed: 0 }
  return { successful: kind === 'Startup' ? 1 : 1 + Math.floor(seconds / Math.max(probe.periodSeconds ?? 10, 1)), failed: 0 }
}
