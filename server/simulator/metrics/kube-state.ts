import type { Api } from '../api/door.ts'
import type { ContainerStatus, Deployment, Node, PersistentVolumeClaim, Pod } from '../resources/kinds.ts'
import type { Family, Labels, Sample } from './exposition.ts'

type Make<T> = (object: T) => readonly Sample[]

function family<T>(name: string, type: Family['type'], help: string, objects: readonly T[], make: Make<T>): Family {
  return { name, type, help, samples: objects.flatMap(make) }
}

const podLabels = (pod: Pod): Labels => ({
  namespace: pod.metadata.namespace ?? '',
  pod: pod.metadata.name ?? '',
  uid: pod.metadata.uid ?? '',
})
const phases = ['Pending', 'Succeeded', 'Failed', 'Unknown', 'Running']
const yes = (value: boolean | undefined) => (value ? 1 : 0)

function perContainer(make: (status: ContainerStatus, labels: Labels) => readonly Sample[]): Make<Pod> {
  return (pod) => (pod.status?.containerStatuses ?? []).flatMap((status) => make(status, { ...podLabels(pod), container: status.name }))
}

function podFamilies(pods: readonly Pod[]): Family[] {
  return [
    family('kube_pod_info', 'gauge', '[STABLE] Information about pod.', pods, (pod) => {
      const owner = pod.metadata.ownerReferences?.find((each) => each.controller)
      const { status, spec } = pod
      return [
        {
          labels: {
            ...podLabels(pod),
            host_ip: status?.hostIP ?? '',
            pod_ip: status?.podIP ?? '',
            node: spec?.nodeName ?? '',
            created_by_kind: owner?.kind ?? '',
            created_by_name: owner?.name ?? '',
            priority_class: spec?.priorityClassName ?? '',
            host_network: String(spec?.hostNetwork ?? false),
          },
          value: 1,
        },
      ]
    }),
    family('kube_pod_status_phase', 'gauge', '[STABLE] The pods current phase.', pods, (pod) =>
      phases.map((phase) => ({ labels: { ...podLabels(pod), phase }, value: yes(pod.status?.phase === phase) })),
    ),
    family('kube_pod_status_ready', 'gauge', '[STABLE] Describes whether the pod is ready to serve requests.', pods, (pod) => {
      const ready = pod.status?.conditions?.find((each) => each.type === 'Ready')?.status.toLowerCase() ?? 'false'
      return ['true', 'false', 'unknown'].map((condition) => ({
        labels: { ...podLabels(pod), condition },
        value: yes(ready === condition),
      }))
    }),
    family(
      'kube_pod_container_info',
      'gauge',
      '[STABLE] Information about a container in a pod.',
      pods,
      perContainer((status, labels) => [
        { labels: { ...labels, image: status.image, image_id: status.imageID, container_id: status.containerID ?? '' }, value: 1 },
      ]),
    ),
    family(
      'kube_pod_container_status_restarts_total',
      'counter',
      '[STABLE] The number of container restarts per container.',
      pods,
      perContainer((status, labels) => [{ labels, value: status.restartCount }]),
    ),
    family(
      'kube_pod_container_status_ready',
      'gauge',
      '[STABLE] Describes whether the containers readiness check succeeded.',
      pods,
      perContainer((status, labels) => [{ labels, value: yes(status.ready) }]),
    ),
    family(
      'kube_pod_container_status_running',
      'gauge',
      '[STABLE] Describes whether the container is currently in running state.',
      pods,
      perContainer((status, labels) => [{ labels, value: yes(status.state?.running !== undefined) }]),
    ),
    family(
      'kube_pod_container_status_waiting',
      'gauge',
      '[STABLE] Describes whether the container is currently in waiting state.',
      pods,
      perContainer((status, labels) => [{ labels, value: yes(status.state?.waiting !== undefined) }]),
    ),
    family(
      'kube_pod_container_status_waiting_reason',
      'gauge',
      '[STABLE] Describes the reason the container is currently in waiting state.',
      pods,
      perContainer((status, labels) =>
        status.state?.waiting?.reason ? [{ labels: { ...labels, reason: status.state.waiting.reason }, value: 1 }] : [],
      ),
    ),
    family(
      'kube_pod_container_status_terminated_reason',
      'gauge',
      'Describes the reason the container is currently in terminated state.',
      pods,
      perContainer((status, labels) =>
        status.state?.terminated?.reason ? [{ labels: { ...labels, reason: status.state.terminated.reason }, value: 1 }] : [],
      ),
    ),
    family(
      'kube_pod_container_status_last_terminated_reason',
      'gauge',
      'Describes the last reason the container was in terminated state.',
      pods,
      perContainer((status, labels) =>
        status.lastState?.terminated?.reason ? [{ labels: { ...labels, reason: status.lastState.terminated.reason }, value: 1 }] : [],
      ),
    ),
  ]
}

function deploymentFamilies(deployments: readonly Deployment[]): Family[] {
  const labels = (each: Deployment): Labels => ({ namespace: each.metadata.namespace ?? '', deployment: each.metadata.name ?? '' })
  const one = (name: string, help: string, value: (each: Deployment) => number | undefined): Family =>
    family(name, 'gauge', `[STABLE] ${help}`, deployments, (each) => [{ labels: labels(each), value: value(each) ?? 0 }])
  return [
    one('kube_deployment_spec_replicas', 'Number of desired pods for a deployment.', (each) => each.spec?.replicas),
    one('kube_deployment_status_replicas', 'The number of replicas per deployment.', (each) => each.status?.replicas),
    one('kube_deployment_status_replicas_ready', 'The number of ready replicas per deployment.', (each) => each.status?.readyReplicas),
    one(
      'kube_deployment_status_replicas_available',
      'The number of available replicas per deployment.',
      (each) => each.status?.availableReplicas,
    ),
    one(
      'kube_deployment_status_replicas_unavailable',
      'The number of unavailable replicas per deployment.',
      (each) => each.status?.unavailableReplicas,
    ),
    one(
      'kube_deployment_status_replicas_updated',
      'The number of updated replicas per deployment.',
      (each) => each.status?.updatedReplicas,
    ),
  ]
}

function nodeFamilies(nodes: readonly Node[]): Family[] {
  return [
    family('kube_node_info', 'gauge', '[STABLE] Information about a cluster node.', nodes, (node) => {
      const info = node.status?.nodeInfo
      const address = node.status?.addresses?.find((each) => each.type === 'InternalIP')?.address ?? ''
      return [
        {
          labels: {
            node: node.metadata.name ?? '',
            kernel_version: info?.kernelVersion ?? '',
            os_image: info?.osImage ?? '',
            container_runtime_version: info?.containerRuntimeVersion ?? '',
            kubelet_version: info?.kubeletVersion ?? '',
            pod_cidr: node.spec?.podCIDR ?? '',
            internal_ip: address,
          },
          value: 1,
        },
      ]
    }),
    family('kube_node_status_condition', 'gauge', '[STABLE] The condition of a cluster node.', nodes, (node) =>
      (node.status?.conditions ?? []).flatMap((condition) =>
        ['true', 'false', 'unknown'].map((status) => ({
          labels: { node: node.metadata.name ?? '', condition: condition.type, status },
          value: yes(condition.status.toLowerCase() === status),
        })),
      ),
    ),
  ]
}

function claimFamilies(claims: readonly PersistentVolumeClaim[]): Family[] {
  return [
    family(
      'kube_persistentvolumeclaim_status_phase',
      'gauge',
      '[STABLE] The phase the persistent volume claim is currently in.',
      claims,
      (claim) =>
        ['Lost', 'Bound', 'Pending'].map((phase) => ({
          labels: { namespace: claim.metadata.namespace ?? '', persistentvolumeclaim: claim.metadata.name ?? '', phase },
          value: yes(claim.status?.phase === phase),
        })),
    ),
  ]
}

/** kube-state-metrics' page: the cluster's objects as series. */
export function kubeStatePage(api: Api): Family[] {
  return [
    ...podFamilies(api.list('Pod')),
    ...deploymentFamilies(api.list('Deployment')),
    ...nodeFamilies(api.list('Node')),
    ...claimFamilies(api.list('PersistentVolumeClaim')),
  ]
}
