import { readFileSync, writeFileSync } from 'node:fs'

/**
 * What the columns of tables mean: mostly a field's own description, as the API server's printers take it,
 * some in words of their own.
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/printers/internalversion/printers.go
 */

/** `=SCHEMA FIELD` is that field's description; `io.k8s.api.` is left out. */
const CONTAINERS = {
  Containers: 'Names of each container in the template.',
  Images: 'Images referenced by each container in the template.',
}
const READY = 'Number of the pod with ready state'

const WORDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'v1/pods': {
    Ready: 'The aggregate readiness state of this pod for accepting traffic.',
    Status: 'The aggregate status of the containers in this pod.',
    Restarts: 'The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.',
    IP: '=core.v1.PodStatus podIP',
    Node: '=core.v1.PodSpec nodeName',
    'Nominated Node': '=core.v1.PodStatus nominatedNodeName',
    'Readiness Gates': '=core.v1.PodSpec readinessGates',
  },
  'apps/v1/deployments': {
    ...CONTAINERS,
    Ready: READY,
    'Up-to-date': '=apps.v1.DeploymentStatus updatedReplicas',
    Available: '=apps.v1.DeploymentStatus availableReplicas',
    Selector: '=apps.v1.DeploymentSpec selector',
  },
  'apps/v1/replicasets': {
    ...CONTAINERS,
    Desired: '=apps.v1.ReplicaSetSpec replicas',
    Current: '=apps.v1.ReplicaSetStatus replicas',
    Ready: '=apps.v1.ReplicaSetStatus readyReplicas',
    Selector: '=apps.v1.ReplicaSetSpec selector',
  },
  'v1/replicationcontrollers': {
    ...CONTAINERS,
    Desired: '=core.v1.ReplicationControllerSpec replicas',
    Current: '=core.v1.ReplicationControllerStatus replicas',
    Ready: '=core.v1.ReplicationControllerStatus readyReplicas',
    Selector: '=core.v1.ReplicationControllerSpec selector',
  },
  'apps/v1/daemonsets': {
    ...CONTAINERS,
    Desired: '=apps.v1.DaemonSetStatus desiredNumberScheduled',
    Current: '=apps.v1.DaemonSetStatus currentNumberScheduled',
    Ready: '=apps.v1.DaemonSetStatus numberReady',
    'Up-to-date': '=apps.v1.DaemonSetStatus updatedNumberScheduled',
    Available: '=apps.v1.DaemonSetStatus numberAvailable',
    'Node Selector': '=core.v1.PodSpec nodeSelector',
    Selector: '=apps.v1.DaemonSetSpec selector',
  },
  'apps/v1/statefulsets': { ...CONTAINERS, Ready: READY },
  'batch/v1/jobs': {
    ...CONTAINERS,
    Status: 'Status of the job.',
    Completions: '=batch.v1.JobStatus succeeded',
    Duration: 'Time required to complete the job.',
    Selector: '=batch.v1.JobSpec selector',
  },
  'batch/v1/cronjobs': {
    ...CONTAINERS,
    Schedule: '=batch.v1.CronJobSpec schedule',
    Timezone: '=batch.v1.CronJobSpec timeZone',
    Suspend: '=batch.v1.CronJobSpec suspend',
    Active: '=batch.v1.CronJobStatus active',
    'Last Schedule': '=batch.v1.CronJobStatus lastScheduleTime',
    Selector: '=batch.v1.JobSpec selector',
  },
  'v1/services': {
    Type: '=core.v1.ServiceSpec type',
    'Cluster-IP': '=core.v1.ServiceSpec clusterIP',
    'External-IP': '=core.v1.ServiceSpec externalIPs',
    'Port(s)': '=core.v1.ServiceSpec ports',
    Selector: '=core.v1.ServiceSpec selector',
  },
  'v1/endpoints': { Endpoints: '=core.v1.Endpoints subsets' },
  'v1/nodes': {
    Status: 'The status of the node',
    Roles: 'The roles of the node',
    Version: '=core.v1.NodeSystemInfo kubeletVersion',
    'Internal-IP': '=core.v1.NodeStatus addresses',
    'External-IP': '=core.v1.NodeStatus addresses',
    'OS-Image': '=core.v1.NodeSystemInfo osImage',
    'Kernel-Version': '=core.v1.NodeSystemInfo kernelVersion',
    'Container-Runtime': '=core.v1.NodeSystemInfo containerRuntimeVersion',
  },
  'v1/events': {
    'Last Seen': '=core.v1.Event lastTimestamp',
    Type: '=core.v1.Event type',
    Reason: '=core.v1.Event reason',
    Object: '=core.v1.Event involvedObject',
    Subobject: '=core.v1.ObjectReference fieldPath',
    Source: '=core.v1.Event source',
    Message: '=core.v1.Event message',
    'First Seen': '=core.v1.Event firstTimestamp',
    Count: '=core.v1.Event count',
  },
  'v1/namespaces': { Status: 'The status of the namespace' },
  'v1/secrets': { Type: '=core.v1.Secret type', Data: '=core.v1.Secret data' },
  'v1/configmaps': { Data: '=core.v1.ConfigMap data' },
  'v1/serviceaccounts': { Secrets: '=core.v1.ServiceAccount secrets' },
  'v1/persistentvolumes': {
    Capacity: '=core.v1.PersistentVolumeSpec capacity',
    'Access Modes': '=core.v1.PersistentVolumeSpec accessModes',
    'Reclaim Policy': '=core.v1.PersistentVolumeSpec persistentVolumeReclaimPolicy',
    Status: '=core.v1.PersistentVolumeStatus phase',
    Claim: '=core.v1.PersistentVolumeSpec claimRef',
    StorageClass: 'StorageClass of the pv',
    Reason: '=core.v1.PersistentVolumeStatus reason',
    VolumeMode: '=core.v1.PersistentVolumeSpec volumeMode',
  },
  'v1/persistentvolumeclaims': {
    Status: '=core.v1.PersistentVolumeClaimStatus phase',
    Volume: '=core.v1.PersistentVolumeClaimSpec volumeName',
    Capacity: '=core.v1.PersistentVolumeClaimStatus capacity',
    'Access Modes': '=core.v1.PersistentVolumeClaimStatus accessModes',
    StorageClass: 'StorageClass of the pvc',
    VolumeMode: '=core.v1.PersistentVolumeClaimSpec volumeMode',
  },
  'networking.k8s.io/v1/ingresses': {
    Class: 'The name of the IngressClass resource that should be used for additional configuration',
    Hosts: 'Hosts that incoming requests are matched against before the ingress rule',
    Address: 'Address is a list containing ingress points for the load-balancer',
    Ports: 'Ports of TLS configurations that open',
  },
  'networking.k8s.io/v1/networkpolicies': { 'Pod-Selector': '=networking.v1.NetworkPolicySpec podSelector' },
  'autoscaling/v2/horizontalpodautoscalers': {
    Reference: '=autoscaling.v2.HorizontalPodAutoscalerSpec scaleTargetRef',
    Targets: '=autoscaling.v2.HorizontalPodAutoscalerSpec metrics',
    MinPods: '=autoscaling.v2.HorizontalPodAutoscalerSpec minReplicas',
    MaxPods: '=autoscaling.v2.HorizontalPodAutoscalerSpec maxReplicas',
    Replicas: '=autoscaling.v2.HorizontalPodAutoscalerStatus currentReplicas',
  },
  'policy/v1/poddisruptionbudgets': {
    'Min Available': '=policy.v1.PodDisruptionBudgetSpec minAvailable',
    'Max Unavailable': '=policy.v1.PodDisruptionBudgetSpec maxUnavailable',
    'Allowed Disruptions': 'Calculated number of pods that may be disrupted at this time.',
  },
  'storage.k8s.io/v1/storageclasses': {
    Provisioner: '=storage.v1.StorageClass provisioner',
    ReclaimPolicy: '=storage.v1.StorageClass reclaimPolicy',
    VolumeBindingMode: '=storage.v1.StorageClass volumeBindingMode',
    AllowVolumeExpansion: '=storage.v1.StorageClass allowVolumeExpansion',
  },
  'scheduling.k8s.io/v1/priorityclasses': {
    Value: '=scheduling.v1.PriorityClass value',
    'Global-Default': '=scheduling.v1.PriorityClass globalDefault',
  },
}

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'

/** Writes descriptions into `manifests/simulator/table-columns.json`. */
export function describeColumns(describe: (schema: string, field: string) => string | undefined): void {
  const file = new URL('../../manifests/simulator/table-columns.json', import.meta.url)
  const tables: Record<string, Record<string, unknown>[]> = JSON.parse(readFileSync(file, 'utf8'))
  const own = (words: string | undefined): string | undefined => {
    if (!words?.startsWith('=')) return words
    const [schema = '', field = ''] = words.slice(1).split(' ')
    return describe(`io.k8s.api.${schema}`, field)
  }
  for (const [resource, columns] of Object.entries(tables)) {
    const like = WORDS[resource.replace(/^events\.k8s\.io\/v1\/events$/, 'v1/events').replace(/^autoscaling\/v1\//, 'autoscaling/v2/')]
    for (const column of columns) {
      const name = String(column['name'])
      const words =
        own(like?.[name]) ??
        (name === 'Name'
          ? describe(META, 'name')
          : name === 'Age' || name === 'Created At'
            ? describe(META, 'creationTimestamp')
            : undefined)
      if (words !== undefined) column['description'] = words
    }
  }
  writeFileSync(file, `${JSON.stringify(tables, undefined, 1)}\n`)
}
