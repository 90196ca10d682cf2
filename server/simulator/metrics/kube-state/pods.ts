import { collector, resourceLabels, secondsOf, yes } from './collect.ts'
import { quantityNumber } from '../../images/machine-builder.ts'
import type { Container, ContainerStatus, Pod } from '../../resources/kinds.ts'
import type { Family, Labels } from '../exposition.ts'

type Part = readonly [Labels, number]

const podLabels = ({ metadata }: Pod): Labels => ({
  namespace: metadata.namespace ?? '',
  pod: metadata.name ?? '',
  uid: metadata.uid ?? '',
})
const phases = ['Pending', 'Succeeded', 'Failed', 'Unknown', 'Running']
const reasons = ['Evicted', 'NodeAffinity', 'NodeLost', 'Shutdown', 'UnexpectedAdmissionError']
const states = ['true', 'false', 'unknown']

/** One value of each container status that has it. */
const eachStatus =
  (which: 'containerStatuses' | 'initContainerStatuses', parts: (status: ContainerStatus) => readonly Part[]) =>
  (pod: Pod): readonly Part[] =>
    (pod.status?.[which] ?? []).flatMap((status) =>
      parts(status).map(([more, value]): Part => [{ container: status.name, ...more }, value]),
    )

const reasonPart = (reason: string | undefined): readonly Part[] => (reason ? [[{ reason }, 1]] : [])

/** Requests or limits, by container and resource. */
const amounts =
  (which: 'containers' | 'initContainers', kind: 'requests' | 'limits') =>
  (pod: Pod): readonly Part[] =>
    (pod.spec?.[which] ?? []).flatMap((container: Container) =>
      Object.entries(container.resources?.[kind] ?? {}).map(([resource, amount]): Part => [
        { container: container.name, node: pod.spec?.nodeName ?? '', ...resourceLabels(resource) },
        quantityNumber(String(amount)),
      ]),
    )

const conditionTime = (pod: Pod, type: string): number | undefined => {
  const condition = pod.status?.conditions?.find((each) => each.type === type && each.status === 'True')
  return secondsOf(condition?.lastTransitionTime)
}

/** Nothing of a condition that the pod does not have yet. kube-state-metrics: internal/store/pod.go */
const conditionStates =
  (type: string) =>
  (pod: Pod): readonly Part[] => {
    const now = pod.status?.conditions?.find((each) => each.type === type)?.status.toLowerCase()
    return now === undefined ? [] : states.map((condition): Part => [{ condition }, yes(now === condition)])
  }

function containerFamilies(pods: readonly Pod[], which: 'containerStatuses' | 'initContainerStatuses', prefix: string): Family[] {
  const { many } = collector(pods, podLabels)
  const each = (name: string, help: string, parts: (status: ContainerStatus) => readonly Part[], type?: Family['type']) =>
    many(`${prefix}_${name}`, help, eachStatus(which, parts), type)
  return [
    each('info', '[STABLE] Information about a container in a pod.', ({ image, imageID, containerID = '' }) => [
      [{ image_spec: image, image, image_id: imageID, container_id: containerID }, 1],
    ]),
    each(
      'status_restarts_total',
      '[STABLE] The number of container restarts per container.',
      ({ restartCount }) => [[{}, restartCount]],
      'counter',
    ),
    each('status_ready', '[STABLE] Describes whether the containers readiness check succeeded.', ({ ready }) => [[{}, yes(ready)]]),
    each('status_running', '[STABLE] Describes whether the container is currently in running state.', ({ state }) => [
      [{}, yes(state?.running !== undefined)],
    ]),
    each('status_terminated', '[STABLE] Describes whether the container is currently in terminated state.', ({ state }) => [
      [{}, yes(state?.terminated !== undefined)],
    ]),
    each('status_waiting', '[STABLE] Describes whether the container is currently in waiting state.', ({ state }) => [
      [{}, yes(state?.waiting !== undefined)],
    ]),
    each('status_waiting_reason', '[STABLE] Describes the reason the container is currently in waiting state.', ({ state }) =>
      reasonPart(state?.waiting?.reason),
    ),
    each('status_terminated_reason', 'Describes the reason the container is currently in terminated state.', ({ state }) =>
      reasonPart(state?.terminated?.reason),
    ),
    each('status_last_terminated_reason', 'Describes the last reason the container was in terminated state.', ({ lastState }) =>
      reasonPart(lastState?.terminated?.reason),
    ),
  ]
}

/** What kube-state-metrics says of pods. */
export function podFamilies(pods: readonly Pod[]): Family[] {
  const { one, many, created, labels } = collector(pods, podLabels)
  return [
    many('kube_pod_info', '[STABLE] Information about pod.', ({ metadata, spec, status }) => {
      const owner = metadata.ownerReferences?.find((each) => each.controller)
      return [
        [
          {
            host_ip: status?.hostIP ?? '',
            pod_ip: status?.podIP ?? '',
            node: spec?.nodeName ?? '',
            created_by_kind: owner?.kind ?? '',
            created_by_name: owner?.name ?? '',
            priority_class: spec?.priorityClassName ?? '',
            host_network: String(spec?.hostNetwork ?? false),
          },
          1,
        ],
      ]
    }),
    created('kube_pod_created'),
    labels('kube_pod_labels'),
    many('kube_pod_owner', "[STABLE] Information about the Pod's owner.", ({ metadata }) => {
      const owner = metadata.ownerReferences?.[0]
      return [
        [
          {
            owner_kind: owner?.kind ?? '',
            owner_name: owner?.name ?? '',
            owner_is_controller: owner ? String(owner.controller ?? false) : '',
          },
          1,
        ],
      ]
    }),
    one('kube_pod_start_time', '[STABLE] Start time in unix timestamp for a pod.', ({ status }) => secondsOf(status?.startTime)),
    one('kube_pod_deletion_timestamp', 'Unix deletion timestamp', ({ metadata }) => secondsOf(metadata.deletionTimestamp)),
    one('kube_pod_completion_time', '[STABLE] Completion time in unix timestamp for a pod.', (pod) =>
      pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
        ? pod.status.containerStatuses?.reduce<number | undefined>(
            (last, { state }) => Math.max(last ?? 0, secondsOf(state?.terminated?.finishedAt) ?? 0),
            undefined,
          )
        : undefined,
    ),
    many('kube_pod_ips', '[STABLE] Pod IP addresses', ({ status }) =>
      (status?.podIPs ?? []).map(({ ip }): Part => [{ ip: ip ?? '', ip_family: ip?.includes(':') ? '6' : '4' }, 1]),
    ),
    many('kube_pod_restart_policy', '[STABLE] Describes the restart policy in use by this pod.', ({ spec }) => [
      [{ type: spec?.restartPolicy ?? 'Always' }, 1],
    ]),
    many('kube_pod_status_phase', '[STABLE] The pods current phase.', ({ status }) =>
      phases.map((phase): Part => [{ phase }, yes(status?.phase === phase)]),
    ),
    many('kube_pod_status_reason', 'The pod status reasons', ({ status }) =>
      reasons.map((reason): Part => [{ reason }, yes(status?.reason === reason)]),
    ),
    many('kube_pod_status_ready', '[STABLE] Describes whether the pod is ready to serve requests.', conditionStates('Ready')),
    many(
      'kube_pod_status_scheduled',
      '[STABLE] Describes the status of the scheduling process for the pod.',
      conditionStates('PodScheduled'),
    ),
    many('kube_pod_status_qos_class', '[STABLE] The pods current qosClass.', ({ status }) =>
      ['BestEffort', 'Burstable', 'Guaranteed'].map((qos_class): Part => [{ qos_class }, yes(status?.qosClass === qos_class)]),
    ),
    one('kube_pod_status_unschedulable', '[STABLE] Describes the unschedulable status for the pod.', ({ status }) =>
      status?.conditions?.some(({ type, status: is, reason }) => type === 'PodScheduled' && is === 'False' && reason === 'Unschedulable')
        ? 1
        : undefined,
    ),
    one('kube_pod_status_scheduled_time', '[STABLE] Unix timestamp when pod moved into scheduled status', (pod) =>
      conditionTime(pod, 'PodScheduled'),
    ),
    one('kube_pod_status_initialized_time', 'Time when the pod is initialized.', (pod) => conditionTime(pod, 'Initialized')),
    one('kube_pod_status_ready_time', 'Readiness achieved time in unix timestamp for a pod.', (pod) => conditionTime(pod, 'Ready')),
    one('kube_pod_status_container_ready_time', 'Readiness achieved time in unix timestamp for a pod containers.', (pod) =>
      conditionTime(pod, 'ContainersReady'),
    ),
    many(
      'kube_pod_spec_volumes_persistentvolumeclaims_info',
      '[STABLE] Information about persistentvolumeclaim volumes in a pod.',
      ({ spec }) =>
        (spec?.volumes ?? []).flatMap(({ name, persistentVolumeClaim }): readonly Part[] =>
          persistentVolumeClaim ? [[{ volume: name, persistentvolumeclaim: persistentVolumeClaim.claimName }, 1]] : [],
        ),
    ),
    ...containerFamilies(pods, 'containerStatuses', 'kube_pod_container'),
    ...containerFamilies(pods, 'initContainerStatuses', 'kube_pod_init_container'),
    many(
      'kube_pod_container_state_started',
      '[STABLE] Start time in unix timestamp for a pod container.',
      eachStatus('containerStatuses', ({ state }) => {
        const at = secondsOf(state?.running?.startedAt ?? state?.terminated?.startedAt)
        return at === undefined ? [] : [[{}, at]]
      }),
    ),
    many(
      'kube_pod_container_status_last_terminated_exitcode',
      'Describes the exit code for the last container in terminated state.',
      eachStatus('containerStatuses', ({ lastState }) => (lastState?.terminated ? [[{}, lastState.terminated.exitCode]] : [])),
    ),
    many(
      'kube_pod_container_status_last_terminated_timestamp',
      'Last terminated time for a pod container in unix timestamp.',
      eachStatus('containerStatuses', ({ lastState }) => {
        const at = secondsOf(lastState?.terminated?.finishedAt)
        return at === undefined ? [] : [[{}, at]]
      }),
    ),
    many(
      'kube_pod_container_resource_requests',
      'The number of requested request resource by a container. It is recommended to use the kube_pod_resource_requests metric exposed by kube-scheduler instead, as it is more precise.',
      amounts('containers', 'requests'),
    ),
    many(
      'kube_pod_container_resource_limits',
      'The number of requested limit resource by a container. It is recommended to use the kube_pod_resource_limits metric exposed by kube-scheduler instead, as it is more precise.',
      amounts('containers', 'limits'),
    ),
    many(
      'kube_pod_init_container_resource_requests',
      'The number of requested request resource by an init container.',
      amounts('initContainers', 'requests'),
    ),
    many(
      'kube_pod_init_container_resource_limits',
      'The number of requested limit resource by an init container.',
      amounts('initContainers', 'limits'),
    ),
  ]
}
